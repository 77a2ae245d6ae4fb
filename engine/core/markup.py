"""Whether Telegram will accept the HTML of a text block, judged before anyone is sent it.

The rules are those of TDLib's parser: a closed set of tags, properly nested, an unknown entity is plain text,
and the length is counted in code points of what remains. Stricter than TDLib where it would silently drop
what the admin meant: a link without target. Places are lines and columns, not TDLib's byte offsets.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.core.errors import CampaignError

MAX_TEXT: Final = 4096
MAX_SOURCE: Final = 32_768

TAGS: Final = (
    *("a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "pre", "code", "blockquote"),
    *("span", "tg-spoiler", "tg-emoji", "tg-time"),
)

_NEEDED: Final = {
    "a": ("href", re.compile(r".+", re.DOTALL), '<a href="https://…">'),
    "span": ("class", re.compile("tg-spoiler"), '<span class="tg-spoiler">'),
    "tg-emoji": ("emoji-id", re.compile("[0-9]{1,19}"), '<tg-emoji emoji-id="5368324170671202286">'),
    "tg-time": ("unix", re.compile("[0-9]{1,12}"), '<tg-time unix="1700000000">'),
}
_TAG: Final = re.compile(r"""<(/?)([^\s>]*+)((?:[^>"']|"[^"]*+"|'[^']*+')*+)>""", re.ASCII)
_ATTRIBUTE: Final = re.compile(
    r"""\s*+([^\s=>"']++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([a-zA-Z0-9.-]++)))?+(?=\s|$)""", re.ASCII
)
_ENTITY: Final = re.compile(r"&(?:lt|gt|amp|quot|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Tag(NamedTuple):
    at: int
    closes: bool
    name: str
    attributes: str


def check(text: str) -> None:
    """Refuse a text that Telegram would refuse; the sentence says what, where, and how to mend it."""
    if len(text) > MAX_SOURCE:
        raise CampaignError(f"The text is too long: shorten it to {MAX_TEXT} characters.")
    if control := _CONTROL.search(text):
        raise _error(text, control.start(), "a character that cannot be sent stands", "delete it")
    tags = list(_tags(text))
    _check_nesting(text, tags)
    _check_length(_ENTITY.sub("x", _TAG.sub("", text)))


def _tags(text: str) -> Iterator[_Tag]:
    at = text.find("<")
    while at >= 0:
        match = _TAG.match(text, at)
        if match is None or (match[1] and match[3].strip()):
            raise _error(text, at, "a tag is not closed", "end it with >, or write &lt; for a plain <")
        yield _Tag(at, bool(match[1]), match[2].lower(), match[3])
        at = text.find("<", match.end())


def _check_nesting(text: str, tags: list[_Tag]) -> None:
    opened: list[_Tag] = []
    for tag in tags:
        if not tag.closes:
            _check_start(text, tag)
            opened.append(tag)
        elif not opened:
            raise _error(text, tag.at, f"</{tag.name}> closes nothing", "delete it")
        elif tag.name not in ("", opened[-1].name):
            raise _error(text, tag.at, f"</{tag.name}> stands", f"write </{opened[-1].name}> first")
        else:
            opened.pop()
    if opened:
        raise _error(text, opened[-1].at, f"<{opened[-1].name}> is never closed", f"add </{opened[-1].name}>")


def _check_start(text: str, tag: _Tag) -> None:
    if tag.name not in TAGS:
        mend = f"use one of {', '.join(TAGS)}, or write &lt; for a plain <"
        raise _error(text, tag.at, f"<{tag.name[:32]}> is not a tag of Telegram", mend)
    attributes = _attributes(text, tag)
    name, wanted, example = _NEEDED.get(tag.name, ("", re.compile(""), ""))
    if name and not wanted.fullmatch(attributes.get(name, "")):
        raise _error(text, tag.at, f"<{tag.name}> lacks its {name}", f"write {example}")


def _attributes(text: str, tag: _Tag) -> dict[str, str]:
    found, at, end = {}, 0, len(tag.attributes.rstrip())
    while at < end:
        match = _ATTRIBUTE.match(tag.attributes, at)
        if match is None:
            raise _error(text, tag.at, f"<{tag.name}> has an attribute that cannot be read", "put it in quotes")
        found[match[1].lower()] = match[2] or match[3] or match[4] or ""
        at = match.end()
    return found


def _check_length(plain: str) -> None:
    if not plain.strip():
        raise CampaignError("The text is empty: write what the user shall read.")
    if len(plain) > MAX_TEXT:
        raise CampaignError(f"The text has {len(plain)} characters: shorten it to {MAX_TEXT}.")


def _error(text: str, at: int, what: str, mend: str) -> CampaignError:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return CampaignError(f"In line {line}, column {column} of the text {what}: {mend}.")
