"""How Telegram reads a link in a text: as a canonical URL, a mention of a user, or nothing."""

import re

_MENTION = re.compile(r"tg://user/?\?id=(\d+)$", re.IGNORECASE)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_WEB = re.compile(r"(?P<authority>[^/?#\s]+)(?P<rest>[/?#]\S*)?$")
_OWN_SCHEMES = frozenset({"tg", "ton", "tonsite"})


def mentioned_user(url: str) -> int | None:
    match = _MENTION.match(url)
    return int(match[1]) if match else None


def checked_link(url: str) -> str | None:
    """Bring a URL to Telegram's form: with scheme, host in lower case and path; None if it is not a link."""
    url = url.strip()
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else "http"
    remainder = url[match.end() :] if match else url
    if scheme in _OWN_SCHEMES:
        return f"{scheme}://{remainder}" if remainder else None
    return _web_link(scheme, remainder) if scheme in {"http", "https"} else None


def _web_link(scheme: str, remainder: str) -> str | None:
    match = _WEB.match(remainder)
    if match is None:
        return None
    credentials, at, host = match["authority"].rpartition("@")
    if "." not in host.strip(".") and not host.lower().startswith("localhost"):
        return None
    rest = match["rest"] or "/"
    return f"{scheme}://{credentials}{at}{host.lower()}{rest if rest[0] == '/' else '/' + rest}"
