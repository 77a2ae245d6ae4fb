"""How DATABASE_URL is read: once, for every process and for the migration, in the words of libpq.

asyncpg reads most of these words by itself, and would hand any other to the server. So every word and value is checked
here, and nothing that was asked for is left out silently. What the address does not say is as libpq has it: PGSSLMODE
and its kin, `~/.pgpass`, `~/.postgresql/root.crt`.

The words: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

import re
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from engine.core.errors import SettingsError
from engine.core.server_address import split_address
from storage.certificates import check_authority, check_identity
from storage.url_options import check_choice, check_known, read_options

_NAME: Final = "DATABASE_URL"
_PORT: Final = r"(?:[1-5]?\d{1,4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
_HOST: Final = rf"(?:[^\s,:@/\[\]]*|\[[0-9A-Fa-f:.]+\])(?::{_PORT})?"
_HOSTS: Final = re.compile(rf"{_HOST}(?:,{_HOST})*", re.ASCII)
"""A host or several, each with its port or without; none for a local socket."""
_PORTS: Final = re.compile(rf"{_PORT}(?:,{_PORT})*", re.ASCII)
_VERSIONS: Final = ("TLSv1.2", "TLSv1.3")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": _VERSIONS,
    "ssl_max_protocol_version": _VERSIONS,
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
}
"""The words that take one of a few values; asyncpg understands them."""
_FREE: Final = (
    *("host", "port", "dbname", "user", "password", "passfile", "service", "krbsrvname", "gsslib"),
    *("sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl"),
)
"""The words that take any value; asyncpg understands them."""
_SENT: Final = ("application_name", "options")
"""The words that the server understands."""
_MISSING: Final[Mapping[str, tuple[str, ...]]] = {
    "channel_binding": ("prefer", "disable"),
    "gssencmode": ("prefer", "disable"),
    "client_encoding": ("utf8", "UTF8", "auto"),
}
"""What asyncpg cannot do. These values ask for no more than it does."""
_TIMEOUT: Final = "connect_timeout"
_SECONDS: Final = re.compile(r"[1-9]\d{0,2}", re.ASCII)
_KNOWN: Final = (*_CHOICES, *_FREE, *_SENT, *_MISSING, _TIMEOUT)
_SYSTEM: Final = "system"
_IN_THE_CONTEXT: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword")
_NOT_WITH_SYSTEM: Final = ("sslcrl", "ssl_min_protocol_version", "ssl_max_protocol_version")


def read_address(url: str, session: Mapping[str, str]) -> dict[str, Any]:
    """The arguments with which asyncpg connects. What the address sets wins over `session`. Raises SettingsError."""
    parts = split_address(url)
    _check_hosts(parts)
    words = read_options(_NAME, parts.query)
    for word, value in words.items():
        _check(word, value)
    _check_files(words)
    context = _trusting_the_system(words) if words.get("sslrootcert") == _SYSTEM else None
    own = {word: value for word, value in words.items() if word in (*_CHOICES, *_FREE)}
    passed = {word: value for word, value in own.items() if not (context and word in _IN_THE_CONTEXT)}
    return {
        "dsn": parts._replace(query=urlencode(passed)).geturl(),
        "server_settings": {**session, **{word: words[word] for word in _SENT if word in words}},
        **({"timeout": int(words[_TIMEOUT])} if _TIMEOUT in words else {}),
        **({"ssl": context} if context else {}),
    }


def _check_hosts(parts: SplitResult) -> None:
    """A password with a plain / or @ in it is found out here, so that nothing of it is quoted."""
    if not _HOSTS.fullmatch(parts.netloc.rpartition("@")[2]) or parts.netloc.count("@") > 1 or parts.fragment:
        raise SettingsError(
            f"{_NAME}: no host can be read: write %40 for @, %3A for :, %2F for /, %3F for ? and %23 for # in the user"
            " and the password."
        )
    _check_brackets(parts.geturl())


def _check_brackets(url: str) -> None:
    """The client splits the address itself, as its release of Python does."""
    try:
        urlsplit(url)
    except ValueError as error:
        raise SettingsError(f"{_NAME}: write the hosts that stand in brackets before the others.") from error


def _check(word: str, value: str) -> None:
    check_known(_NAME, word, _KNOWN)
    if word in _CHOICES:
        check_choice(_NAME, word, value, _CHOICES[word])
    if word in _MISSING and value not in _MISSING[word]:
        raise SettingsError(f"{_NAME}: {word} cannot be had here: delete it. sslmode=verify-full proves the server.")
    if word == "port" and not _PORTS.fullmatch(value):
        raise SettingsError(f"{_NAME}: port is not a number up to 65535, or several joined by commas: mend it.")
    if word == _TIMEOUT and not _SECONDS.fullmatch(value):
        raise SettingsError(f"{_NAME}: {_TIMEOUT} is not a number of seconds from 1 to 999: mend it.")


def _check_files(words: Mapping[str, str]) -> None:
    for word in ("sslrootcert", "sslcrl"):
        if (path := words.get(word)) and path != _SYSTEM:
            check_authority(f"{_NAME}: {word}", path)
    if path := words.get("sslcert"):
        check_identity(f"{_NAME}: sslcert", path, words.get("sslkey"), words.get("sslpassword"))


def _trusting_the_system(words: Mapping[str, str]) -> ssl.SSLContext:
    """As in libpq, a connection that trusts every public authority must check the host's name as well."""
    if words.get("sslmode", "verify-full") != "verify-full":
        raise SettingsError(f"{_NAME}: sslrootcert=system needs sslmode=verify-full: write that, or name a file.")
    if left_out := [word for word in _NOT_WITH_SYSTEM if word in words]:
        raise SettingsError(f"{_NAME}: {left_out[0]} needs a file in sslrootcert: name one, or delete {left_out[0]}.")
    context = ssl.create_default_context()
    context.set_alpn_protocols(["postgresql"])
    if certificate := words.get("sslcert"):
        context.load_cert_chain(certificate, words.get("sslkey"), words.get("sslpassword") or "")
    return context
