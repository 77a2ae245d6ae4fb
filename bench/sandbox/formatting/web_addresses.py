"""Web and e-mail addresses in a plain text, found and cut as the server finds and cuts them.

An address without a scheme counts only if it ends in a top-level domain; `top_level_domains.txt` lists those.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_NO_SPACE = r"\s\u2000-\u200b\u200e\u200f\u2016-\u206f"
_LETTERS = r"a-zA-Z0-9_~\-\u00c0-\u167f\u1681-\u1fff\u200c\u200d\u2010-\u2015\u2070-\u2fff\u3001-\U0010ffff"
# Tried where such letters begin, so that a long text without addresses is read once.
_HOST = rf"(?<![.{_LETTERS}])(?P<host>[{_LETTERS}]*\.[.{_LETTERS}]+)"
_USER = rf"[^/\[\]{{}}()'`<>\"@«»{_NO_SPACE}]"
_PATH = rf"[/?#][^<>\"«»{_NO_SPACE}]*"
# 1 to 65535.
_PORT = r":0*(?:[1-5]?[0-9]{4}|[1-9][0-9]{0,3}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])(?![0-9])"
_ADDRESS = re.compile(rf"(?:(?<!{_USER})(?P<user>{_USER}+@))?{_HOST}(?P<port>{_PORT})?(?P<path>{_PATH})?")
_SCHEME = re.compile(r"(?P<scheme>(?<!s)http|https|(?<![ts])ftp)://$", re.IGNORECASE)
_OWN_ADDRESS = re.compile(rf"(?:tg|ton)://[a-z0-9_-]{{1,253}}(?P<path>{_PATH})?", re.IGNORECASE)
_MAIL = re.compile(
    r"([a-z0-9_-]{0,26}[.+]){0,10}[a-z0-9_-]{1,35}@(([a-z0-9][a-z0-9_-]{0,28})?[a-z0-9][.]){1,6}[a-z]{2,8}",
    re.IGNORECASE,
)
_IP = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_PUNYCODE = re.compile(r"xn--[a-zA-Z0-9]{2,}")
_NOT_LAST = ".:;,('?!`"
_OPENS = {")": "(", "]": "[", "}": "{"}
_LONGEST_LABEL = 63
_SHORTEST_TOP = 2
_SCHEME_LETTERS = 9
_MAIL_SCHEME = "mailto:"

Found = tuple[str, int, int]


def find_addresses(text: str) -> Iterator[Found]:
    """Find addresses: the kind, the beginning and the end of each, in characters."""
    for own in _OWN_ADDRESS.finditer(text):
        yield "url", own.start(), own.end() - _cut_from(own["path"])
    at = 0
    while found := _ADDRESS.search(text, at):
        at = found.end("host")
        begin = _beginning(text, found.start())
        if begin is not None:
            at = max(at, _ending(text, found))
            yield from _judged(text, begin, found)


def _judged(text: str, begin: int, found: re.Match[str]) -> Iterator[Found]:
    end = _ending(text, found)
    mail = begin + len(_MAIL_SCHEME) * text.startswith(_MAIL_SCHEME, begin)
    if _MAIL.fullmatch(text, mail, end):
        yield "email", mail, end
        return
    host = text[found.start("host") : min(found.end("host"), end)]
    if _is_host(host, has_scheme=begin < found.start()):
        path = text[max(found.end("host"), found.end("port")) : end]
        yield "url", begin, end - len(path) + _balanced(path)


def _beginning(text: str, begin: int) -> int | None:
    """Say where the address begins with its scheme; None if what comes before it forbids an address."""
    before = text[max(0, begin - _SCHEME_LETTERS) : begin]
    if before.endswith("://"):
        scheme = _SCHEME.search(before)
        return begin - len(scheme[0]) if scheme else None
    return None if before and (before[-1].isalnum() or before[-1] in "_/#@") else begin


def _ending(text: str, found: re.Match[str]) -> int:
    end = found.end() - _cut_from(found["path"])
    return end - (len(text[:end]) - len(text[:end].rstrip("."))) if text[end - 1] == "." else end


def _cut_from(path: str | None) -> int:
    """Count what does not belong to an address at its end; a question mark or a hash alone does not either."""
    if not path:
        return 0
    kept = path[0] + path[1:].rstrip(_NOT_LAST)
    return len(path) - (len(kept) if kept not in {"?", "#"} else 0)


def _balanced(path: str) -> int:
    """Say how much of a path comes before a bracket that closes nothing."""
    opened = dict.fromkeys(_OPENS.values(), 0)
    for place, letter in enumerate(path):
        if letter in opened:
            opened[letter] += 1
        elif letter in _OPENS:
            opened[_OPENS[letter]] -= 1
            if opened[_OPENS[letter]] < 0:
                return len(path[:place].rstrip(_NOT_LAST))
    return len(path.rstrip(_NOT_LAST))


def _is_host(host: str, *, has_scheme: bool) -> bool:
    labels = host.split(".")
    if _IP.fullmatch(host):
        return True
    if any(not 0 < len(label) <= _LONGEST_LABEL or label.endswith("-") for label in labels) or len(labels) == 1:
        return False
    top = labels[-1]
    if host.replace(".", "").isdecimal() or len(top) < _SHORTEST_TOP or "_" in labels[-2]:
        return False
    if top.startswith("xn--"):
        return _PUNYCODE.fullmatch(top) is not None
    return not {"_", "-"} & set(top) and (has_scheme or _is_top(top))


def _is_top(label: str) -> bool:
    """Look a label up; with a capital as its only one it is the first word of a sentence."""
    lowered = label.lower()
    return lowered in _tops() and (lowered == label or lowered[1:] != label[1:])


@cache
def _tops() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "top_level_domains.txt").read_text("utf-8").split())
