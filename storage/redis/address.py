"""How REDIS_URL is read: every option and value is checked, as the client would fail on unknown ones at its first call.

TLS (`rediss://`) checks the certificate and the host's name, unless `ssl_cert_reqs=none` asks for neither.
"""

import re
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from engine.core.errors import SettingsError
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
_KNOWN: Final = ("db", "client_name", "username", "password", *_TLS)


def read_address(url: str) -> tuple[str, dict[str, Any]]:
    """The address without its options, and the options as the client takes them. Raises SettingsError."""
    parts = urlsplit(url)
    options = read_options(_NAME, parts.query)
    for name, value in options.items():
        _check(name, value, parts.scheme)
    if parts.scheme != "unix":
        _check_database(parts.path.removeprefix("/"))
    _check_files(options)
    return parts._replace(query="").geturl(), {name: _read(name, value) for name, value in options.items()}


def _check(name: str, value: str, scheme: str) -> None:
    check_known(_NAME, name, _KNOWN)
    if name in _TLS and scheme != "rediss":
        raise SettingsError(f"{_NAME}: {name} is for TLS: write rediss:// at the beginning, or delete it.")
    if name in _CHOICES:
        check_choice(_NAME, name, value, _CHOICES[name])
    if name == "db" and not _NUMBER.fullmatch(value):
        raise SettingsError(f"{_NAME}: db is not a number: write db=0.")


def _check_database(path: str) -> None:
    """A password with a plain / ends here as well, so that nothing of it is quoted."""
    if path and not _NUMBER.fullmatch(path):
        raise SettingsError(
            f"{_NAME}: what follows the host is not the number of a database: write /0. In a user or a password write"
            " %40 for @, %2F for /, %3F for ? and %23 for #."
        )


def _check_files(options: Mapping[str, str]) -> None:
    if path := options.get("ssl_ca_certs"):
        check_authority(f"{_NAME}: ssl_ca_certs", path)
    if path := options.get("ssl_certfile"):
        check_identity(f"{_NAME}: ssl_certfile", path, options.get("ssl_keyfile"), options.get("ssl_password"))


def _read(name: str, value: str) -> Any:
    return int(value) if name == "db" else _CHOICES.get(name, {}).get(value, value)
