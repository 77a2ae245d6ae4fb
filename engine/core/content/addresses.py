"""Whether Telegram makes a link of an address: in a text, where it drops what it does not take, and under a button.

These are the rules of its server, not those of a browser: `http` is added where nothing stands, a host needs a dot, and
Telegram's own schemes take one name for a host. An address of this machine is not a link.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_OWN: Final = re.compile("(?P<scheme>tg|ton|tonsite):(?://)?", re.IGNORECASE | re.ASCII)
_OWN_HOST: Final = re.compile("[A-Za-z0-9_-]+")
_SITE_HOST: Final = re.compile("[A-Za-z0-9_.-]+")
_WEB: Final = re.compile("https?", re.IGNORECASE | re.ASCII)
_SCHEME: Final = re.compile(r"(?P<scheme>[^:/?#@\[\]]*+)://")
_AUTHORITY: Final = re.compile(r"[^/?#]*+")
_PORT: Final = re.compile(r"(?P<before>.+):(?P<port>[^:\]@]*)", re.DOTALL)
_PORT_NUMBER: Final = re.compile("0*(?P<number>[1-9][0-9]{0,4})")
_LAST_PORT: Final = 65_535
_IPV6: Final = re.compile("[0-9A-Fa-f:.]+")
_LETTERS: Final = r"[A-Za-z0-9.\-_!$,~*'();&+=]|%[0-9A-Fa-f]{2}|[^\x00-\x7f]"
_HOST: Final = re.compile(f"(?:{_LETTERS})+")
_USER: Final = re.compile(f"(?:{_LETTERS}|:)*")


class Address(NamedTuple):
    """An address without its scheme, "" where none is written; `port` is "" likewise."""

    scheme: str
    user: str
    host: str
    port: str

    @property
    def is_ipv6(self) -> bool:
        return self.host.startswith("[")


def is_link(address: str) -> bool:
    own = _OWN.match(address)
    parts = parse(address[own.end() :] if own else address)
    if parts is None:
        return False
    if own is None:
        return _is_public(parts)
    host = _SITE_HOST if own["scheme"].lower() == "tonsite" else _OWN_HOST
    return not (parts.scheme or parts.user or parts.port) and bool(host.fullmatch(parts.host))


def parse(address: str) -> Address | None:
    """The parts of a web address; None where the server finds none."""
    scheme = _SCHEME.match(address)
    if scheme and not _WEB.fullmatch(scheme["scheme"]):
        return None
    authority = _AUTHORITY.match(address, scheme.end() if scheme else 0)
    given = authority[0] if authority else ""
    port = _PORT.fullmatch(given)
    user, _, host = (port["before"] if port else given).rpartition("@")
    parts = Address(scheme["scheme"] if scheme else "", user, host, port["port"] if port else "")
    return parts if _is_host(parts) and (port is None or _is_port(parts.port)) else None


def _is_public(parts: Address) -> bool:
    """A mail address is not a link, though the server would make a website of it."""
    is_mail = parts.user and not parts.scheme
    return not is_mail and (parts.is_ipv6 or "." in parts.host.strip("."))


def _is_host(parts: Address) -> bool:
    if parts.is_ipv6 and parts.host.endswith("]"):
        return _is_ipv6(parts.host[1:-1])
    return bool(_HOST.fullmatch(parts.host) and _USER.fullmatch(parts.user))


def _is_ipv6(host: str) -> bool:
    try:
        urlsplit(f"//[{host}]")
    except ValueError:
        return False
    return bool(_IPV6.fullmatch(host))


def _is_port(port: str) -> bool:
    number = _PORT_NUMBER.fullmatch(port)
    return number is not None and int(number["number"]) <= _LAST_PORT
