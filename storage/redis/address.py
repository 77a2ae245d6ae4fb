"""How REDIS_URL is read: every option and value is checked, as the client would fail on unknown ones at its first call.

It names one server, the Sentinels that know a primary (`redis+sentinel://`), or some nodes of a cluster
(`redis+cluster://`). TLS (`rediss://`, `rediss+sentinel://`) checks the certificate and the host's name, unless
`ssl_cert_reqs=none` asks for neither.
"""

import re
import ssl
from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from engine.core.errors import SettingsError
from engine.core.server_address import split_address
from storage.certificates import check_authority, check_identity
from storage.url_options import check_choice, check_known, read_options

_NAME: Final = "REDIS_URL"
_NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)
_CHOICES: Final[Mapping[str, Mapping[str, Any]]] = {
    "ssl_cert_reqs": {word: word for word in ("required", "optional", "none")},
    "ssl_check_hostname": {"true": True, "false": False},
    "ssl_min_version": {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3},
}
_TLS: Final = (*_CHOICES, "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password")
_OF_SENTINELS: Final = ("sentinel_username", "sentinel_password")
_KNOWN: Final = ("db", "client_name", "username", "password", *_TLS, *_OF_SENTINELS)
_ENCODED: Final = "In a user or a password write %40 for @, %2F for /, %3F for ? and %23 for #."


class Kind(Enum):
    """What follows the + of a scheme."""

    ONE = ""
    SENTINELS = "sentinel"
    CLUSTER = "cluster"


_PORTS: Final = {Kind.SENTINELS: 26_379, Kind.CLUSTER: 6379}
"""The port of a host whose address names none."""


class Host(NamedTuple):
    name: str
    port: int


class Address(NamedTuple):
    """`url` names one server, without its options; `hosts` are Sentinels, which know the primary as `service`, or nodes
    of a cluster. `options` are for connections to servers, as the client takes them; those to Sentinels have `login`.
    """

    kind: Kind
    url: str
    hosts: tuple[Host, ...]
    service: str
    tls: bool
    options: dict[str, Any]
    login: dict[str, Any]


def read_address(url: str) -> Address:
    """Raises SettingsError."""
    parts = split_address(url)
    kind = Kind(parts.scheme.partition("+")[2])
    tls = parts.scheme.startswith("rediss")
    options = read_options(_NAME, parts.query)
    for name, value in options.items():
        _check(name, value, kind, tls=tls)
    _check_files(options)
    login = {name.removeprefix("sentinel_"): options.pop(name) for name in _OF_SENTINELS if name in options}
    read = {name: _read(name, value) for name, value in options.items()}
    if kind is Kind.ONE:
        _check_one(parts)
        return Address(kind, parts._replace(query="").geturl(), (), "", tls, read, login)
    user, hosts = _read_hosts(parts.netloc, _PORTS[kind])
    service, database = _read_service(parts.path) if kind is Kind.SENTINELS else ("", _read_no_database(parts.path))
    return Address(kind, "", hosts, service, tls, {"db": int(database or 0), **user, **read}, login)


def _check(name: str, value: str, kind: Kind, *, tls: bool) -> None:
    check_known(_NAME, name, _KNOWN)
    if name in _TLS and not tls:
        raise SettingsError(f"{_NAME}: {name} is for TLS: write rediss:// at the beginning, or delete it.")
    if name in _OF_SENTINELS and kind is not Kind.SENTINELS:
        raise SettingsError(
            f"{_NAME}: {name} is for Sentinels: write redis+sentinel:// at the beginning, or delete it."
        )
    if name in _CHOICES:
        check_choice(_NAME, name, value, _CHOICES[name])
    if name == "db" and not _NUMBER.fullmatch(value):
        raise SettingsError(f"{_NAME}: db is not a number: write db=0.")
    if name == "db" and kind is Kind.CLUSTER:
        _read_no_database(value)


def _check_one(parts: SplitResult) -> None:
    if "," in parts.netloc.rpartition("@")[2]:
        raise SettingsError(
            f"{_NAME}: for several hosts begin it with redis+sentinel:// if they are Sentinels, and with"
            " redis+cluster:// if they are nodes of a cluster (rediss+ for TLS)."
        )
    if parts.scheme != "unix":
        _check_database(parts.path.removeprefix("/"))


def _check_database(path: str) -> None:
    """A password with a plain / ends here as well, so that nothing of it is quoted."""
    if path and not _NUMBER.fullmatch(path):
        raise SettingsError(f"{_NAME}: what follows the host is not the number of a database: write /0. {_ENCODED}")


def _read_hosts(netloc: str, port: int) -> tuple[dict[str, str], tuple[Host, ...]]:
    """Who we are, and where they are."""
    login, _, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    given = {"username": unquote(user), "password": unquote(password)}
    found = tuple(_read_host(host, port) for host in hosts.split(","))
    return {name: value for name, value in given.items() if value}, found


def _read_host(written: str, port: int) -> Host:
    try:
        parts = urlsplit(f"//{written}")
        host = Host(parts.hostname or "", port if parts.port is None else parts.port)
    except ValueError:
        host = Host("", 0)
    if not (host.name and host.port):
        raise SettingsError(f"{_NAME}: write each host as host:port, and a comma between them. {_ENCODED}")
    return host


def _read_service(path: str) -> tuple[str, str]:
    """The primary as its Sentinels know it, and the number of a database, if there is one."""
    name, _, database = path.removeprefix("/").partition("/")
    if not name or "@" in name:
        raise SettingsError(
            f"{_NAME}: write behind the hosts how the Sentinels call the primary, such as /mymaster. {_ENCODED}"
        )
    _check_database(database)
    return unquote(name), database


def _read_no_database(path: str) -> str:
    if path.strip("/") not in {"", "0"}:
        raise SettingsError(f"{_NAME}: a cluster has one database: write nothing behind the hosts, or /0. {_ENCODED}")
    return ""


def _check_files(options: Mapping[str, str]) -> None:
    if path := options.get("ssl_ca_certs"):
        check_authority(f"{_NAME}: ssl_ca_certs", path)
    if path := options.get("ssl_certfile"):
        check_identity(f"{_NAME}: ssl_certfile", path, options.get("ssl_keyfile"), options.get("ssl_password"))


def _read(name: str, value: str) -> Any:
    return int(value) if name == "db" else _CHOICES.get(name, {}).get(value, value)
