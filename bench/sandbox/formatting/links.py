"""How Telegram reads a link in a text: as a canonical URL, a mention of a user, or nothing."""

import re

_OWN_LINK = re.compile(r"tg:(?://)?(?P<host>[a-z]+)/?\?(?P<query>[^#]*)", re.IGNORECASE)
_LAST_USER_ID = 2**52
_NUMBERS = range(-(2**63), 2**63)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_WEB = re.compile(r"(?P<authority>[^/?#\s]+)(?P<rest>[/?#]\S*)?$")
_OWN_SCHEMES = frozenset({"tg", "ton", "tonsite"})
_OWN_HOST = re.compile(r"[a-z0-9_-]+(?=[/?#]|$)", re.IGNORECASE)
_SITE_HOST = re.compile(r"[a-z0-9_.-]+(?=[/?#]|$)", re.IGNORECASE)
_IPV6 = re.compile(r"\[[0-9a-f:.]+\]", re.IGNORECASE)
_PORT = re.compile(r"(?P<host>.*?)(?::0*(?P<port>[1-9][0-9]{0,4}))?")
_LAST_PORT = 65_535
# Letters of other scripts, and of ASCII those that may stand in a host.
_HOST = re.compile(r"(?:[a-z0-9.\-_!$,~*'();&+=]|%[0-9a-f]{2}|[^\x00-\x7f])+", re.IGNORECASE)
_WEB_SCHEMES = frozenset({"http", "https"})


def own_parameters(url: str, host: str) -> dict[str, str] | None:
    """Read the parameters of a link such as tg://user?id=7; of one that is given twice the first counts."""
    found = _OWN_LINK.match(url)
    if found is None or found["host"].lower() != host:
        return None
    pairs = (pair.partition("=") for pair in found["query"].split("&"))
    return {name: value for name, _, value in reversed([*pairs])}


def mentioned_user(url: str) -> int | None:
    given = (own_parameters(url.lower(), "user") or {}).get("id", "")
    return int(given) if given.isascii() and given.isdecimal() and 0 < int(given) < _LAST_USER_ID else None


def emoji_id(given: str) -> str | None:
    """Read the number of a custom emoji: 64 bits, not zero, and without zeros or a plus sign before it."""
    number = int(given) if re.fullmatch(r"-?[1-9][0-9]{0,18}", given) else 0
    return given if number and number in _NUMBERS else None


def time_format(given: str) -> str | None:
    """Bring the format of a time to the server's order; None for one that the server does not know."""
    if given in {"r", "R"}:
        return "r"
    if not set(given) <= set("wWdDtT"):
        return None
    shown = (next((one for one in pair if one in given), "") for pair in ("wW", "dD", "tT"))
    return "".join(shown).replace("W", "w")


def link_trouble(url: str) -> str:
    """Say why an address is not a link."""
    scheme = _SCHEME.match(url.strip())
    known = scheme is None or scheme[1].lower() in {*_OWN_SCHEMES, *_WEB_SCHEMES}
    return "Wrong HTTP URL" if known else "Unsupported URL protocol"


def checked_link(url: str) -> str | None:
    """Bring a URL to Telegram's form: with scheme, host in lower case and path; None if it is not a link."""
    url = url.strip()
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else "http"
    remainder = url[match.end() :] if match else url
    if scheme in _OWN_SCHEMES:
        host = _SITE_HOST if scheme == "tonsite" else _OWN_HOST
        return f"{scheme}://{remainder}" if host.match(remainder) else None
    return _web_link(scheme, remainder) if scheme in _WEB_SCHEMES else None


def _web_link(scheme: str, remainder: str) -> str | None:
    match = _WEB.match(remainder)
    if match is None:
        return None
    credentials, at, host = match["authority"].rpartition("@")
    if not _is_host(host):
        return None
    rest = match["rest"] or "/"
    return f"{scheme}://{credentials}{at}{host.lower()}{rest if rest[0] == '/' else '/' + rest}"


def _is_host(given: str) -> bool:
    """Count this machine as a host, because tracked links lead to it."""
    parts = _PORT.fullmatch(given)
    if parts is None or int(parts["port"] or 1) > _LAST_PORT:
        return False
    host = parts["host"].lower()
    if _IPV6.fullmatch(host) or host == "localhost":
        return True
    return _HOST.fullmatch(host) is not None and "." in host.strip(".")
