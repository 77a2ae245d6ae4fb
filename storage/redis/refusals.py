"""What a refusal of the server means: what is said of it, its mend, and whether another server may serve the command.

A refusal inside a script comes in the words of the command, with the script's name behind them; some servers put words
of their own before it.
"""

import re
from collections.abc import Mapping
from typing import Final

from redis.exceptions import (
    AskError,
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    ConnectionError,  # noqa: A004 - Redis's own error of this name
    MasterDownError,
    MovedError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    TimeoutError,  # noqa: A004 - Redis's own error of this name
    TryAgainError,
)

from engine.core.errors import UnreachableError

FAILED: Final = "Redis did not answer"
MEND: Final = "check REDIS_URL and the server's log"
ASTRAY: Final = (ReadOnlyError, AskError, MovedError, ClusterDownError, MasterDownError, BusyLoadingError)
"""Refusals of a server that may not serve the command, or not yet: after a failover behind the same address, another
one answers a new connection.
"""
_ASTRAY: Final = re.compile(r"(?:^|: -)(?:READONLY|MOVED|LOADING|MASTERDOWN|CLUSTERDOWN|UNBLOCKED|NOREPLICAS) ")
"""Those that the client does not tell apart, and the same inside other words. A primary that was cut off from its
replicas has a successor.
"""
_CODE: Final = re.compile(r"[A-Z]{3,20}(?= )")
"""The code that a refusal of the server begins with, such as MISCONF."""
_REPLICA: Final = "name the primary in REDIS_URL, this server is a replica"
ONE_NODE: Final = (
    "begin REDIS_URL with redis+cluster:// (rediss+cluster:// for TLS), this server is a node of a cluster"
)
_FULL: Final = "give the server more memory (`maxmemory`)"
_LOADING: Final = "wait until the server has loaded its data"
_MOVING: Final = "wait until the cluster has moved the slot"
_COVERED: Final = "bring the lost nodes of the cluster back"
_REFUSED: Final[Mapping[type[Exception], str]] = {
    NoPermissionError: "allow the user of REDIS_URL the commands and keys that docs/access.md lists",
    AuthenticationError: "write the server's user and password in REDIS_URL, before an @ and the host",
    ReadOnlyError: _REPLICA,
    MasterDownError: _REPLICA,
    MovedError: ONE_NODE,
    AskError: ONE_NODE,
    TryAgainError: _MOVING,
    ClusterDownError: _COVERED,
    BusyLoadingError: _LOADING,
    OutOfMemoryError: _FULL,
}
"""By the kinds of refusal that the client tells apart."""
_HUNG_UP: Final = "check REDIS_URL: rediss:// if it takes TLS, and ssl_certfile if it asks for a certificate"
_MENDS: Final[Mapping[str, str]] = {
    "CERTIFICATE_VERIFY_FAILED": "name the authority that signed its certificate with ssl_ca_certs in REDIS_URL, and"
    " the host as the certificate names it",
    "Timeout connecting": "check that it is up, and that REDIS_URL begins with rediss:// only if it takes TLS",
    "Connection closed by server": _HUNG_UP,
    "Connection reset by peer": _HUNG_UP,
    "no Sentinel knows": "check the hosts and the name behind them in REDIS_URL, that the Sentinels are up, and"
    " sentinel_password if they ask for one",
    "cluster support disabled": "begin REDIS_URL with redis:// (rediss:// for TLS), this server is not in a cluster",
    "ACL failure": _REFUSED[NoPermissionError],
    "BUSY ": "end the script that keeps the server busy (`SCRIPT KILL`)",
    "MISCONF ": "let the server write its files: its log says what keeps it from that",
    "NOREPLICAS ": "bring the server's replicas back, or lower `min-replicas-to-write`",
    "-READONLY ": _REPLICA,
    "-OOM ": _FULL,
    "-LOADING ": _LOADING,
    "-CLUSTERDOWN ": _COVERED,
}
"""By words of the error that the client or the server gives. A script gives its refusals no kind."""


def is_astray(answer: object) -> bool:
    """Whether it is a refusal after which the same command may be served over another connection."""
    return isinstance(answer, Exception) and (isinstance(answer, ASTRAY) or bool(_ASTRAY.search(str(answer))))


def unreachable(error: Exception, failed: str = FAILED, mend: str = MEND) -> UnreachableError:
    """What failed, the reason without anything that we sent, and the mend."""
    return UnreachableError(f"{failed} ({_without_values(error)}): {_mend(error) or mend}.")


def _without_values(error: Exception) -> str:
    """What the connection met; of the server's refusal its kind alone, as it quotes commands with their arguments."""
    if isinstance(error, OSError | ConnectionError | TimeoutError):
        return str(error).partition("\n")[0] or type(error).__name__
    code = _CODE.match(str(error))
    return f"{type(error).__name__} {code[0]}" if code else type(error).__name__


def _mend(error: Exception) -> str | None:
    said = (mend for words, mend in _MENDS.items() if words in str(error))
    return _REFUSED.get(type(error)) or next(said, None)
