"""Whether Telegram will accept the HTML of a text or a caption, judged before anyone is sent it.

The rules are those of TDLib's parser: a closed set of tags, properly nested, and an unknown entity is plain text.
Stricter than TDLib where it would silently drop what the admin meant: a link without target, a hundred tags and one.
Places are lines and columns, not TDLib's byte offsets. `engine.core.content.text_checks` limits the length.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final, NamedTuple

from engine.core.errors import CampaignError, Phrase

MAX_SOURCE_BYTES: Final = 32_768
"""Of a text with its tags; Telegram reads no more."""
MAX_TAGS: Final = 100
"""Telegram keeps this many entities of a message and drops the rest."""

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
    end: int
    closes: bool
    name: str
    attributes: str


class _Source(NamedTuple):
    """An admin's text, and the noun that names it in a refusal, which quotes it as `written`."""

    text: str
    noun: str
    written: str

    def error(self, at: int, what: str, mend: str) -> CampaignError:
        return CampaignError.at(self.written, at, self.noun, what, mend)


def check(text: str, noun: str, written: str = "") -> None:
    """Refuse HTML that Telegram would refuse; the sentence says what, where, and how to mend it.

    `written`: the admin's own text of the same length, if some of it is blanked in `text`.
    """
    source = _Source(text, noun, written or text)
    check_characters(text, noun)
    tags = list(_tags(source))
    _check_nesting(source, tags)
    if (count := sum(not tag.closes for tag in tags)) > MAX_TAGS:
        raise CampaignError("The {noun} has {count} tags: leave at most {most}.", noun=noun, count=count, most=MAX_TAGS)


def check_characters(text: str, noun: str) -> None:
    check_size(text, noun)
    if control := _CONTROL.search(text):
        what = Phrase("there is a character that cannot be sent")
        raise CampaignError.at(text, control.start(), noun, what, Phrase("delete it"))


def check_size(text: str, noun: str) -> None:
    if (size := len(text.encode(errors="replace"))) > MAX_SOURCE_BYTES:
        raise CampaignError(
            "The {noun} takes {size} bytes with its tags: shorten it to {most}.",
            noun=noun,
            size=size,
            most=MAX_SOURCE_BYTES,
        )


def check_outside(text: str, noun: str, places: Iterable[int], what: str, written: str) -> None:
    """Refuse what is inside a tag of a text that `check` has passed."""
    source = _Source(text, noun, written)
    spans = [(tag.at, tag.end) for tag in _tags(source)]
    for at in places:
        if any(begins <= at < ends for begins, ends in spans):
            inside = Phrase("{what} is inside a tag", what=what)
            raise source.error(at, inside, Phrase("write it between the tags"))


def plain(text: str) -> str:
    """What people read of a text that `check` has passed. Each entity is one character, whichever."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]) or "?", _TAG.sub("", text))


def unpaired(text: str) -> str:
    """The tags in a piece of such a text whose other half stands outside of it, in their order."""
    found: list[str] = []
    for tag in _TAG.finditer(text):
        if tag[1] and found and not found[-1].startswith("</"):
            found.pop()
        else:
            found.append(tag[0])
    return "".join(found)


def _tags(source: _Source) -> Iterator[_Tag]:
    at = source.text.find("<")
    while at >= 0:
        match = _TAG.match(source.text, at)
        if match is None or (match[1] and match[3].strip()):
            mend = Phrase("end it with >, or write &lt; for a plain <")
            raise source.error(at, Phrase("a tag is not closed"), mend)
        yield _Tag(at, match.end(), bool(match[1]), match[2].lower(), match[3])
        at = source.text.find("<", match.end())


def _check_nesting(source: _Source, tags: list[_Tag]) -> None:
    opened: list[_Tag] = []
    for tag in tags:
        if not tag.closes:
            _check_start(source, tag)
            opened.append(tag)
        elif not opened:
            raise source.error(tag.at, Phrase("</{tag}> closes nothing", tag=tag.name), Phrase("delete it"))
        elif tag.name not in ("", opened[-1].name):
            mend = Phrase("write </{tag}> first", tag=opened[-1].name)
            raise source.error(tag.at, Phrase("</{tag}> comes too early", tag=tag.name), mend)
        else:
            opened.pop()
    if opened:
        last = opened[-1]
        raise source.error(
            last.at, Phrase("<{tag}> is never closed", tag=last.name), Phrase("add </{tag}>", tag=last.name)
        )


def _check_start(source: _Source, tag: _Tag) -> None:
    if tag.name not in TAGS:
        mend = Phrase("use one of {tags}, or write &lt; for a plain <", tags=", ".join(TAGS))
        raise source.error(tag.at, Phrase("<{tag}> is not a tag of Telegram", tag=tag.name[:32]), mend)
    attributes = _attributes(source, tag)
    name, wanted, example = _NEEDED.get(tag.name, ("", re.compile(""), ""))
    if name and not wanted.fullmatch(attributes.get(name, "")):
        lacking = Phrase("<{tag}> lacks its {name}", tag=tag.name, name=name)
        raise source.error(tag.at, lacking, Phrase("write {example}", example=example))


def _attributes(source: _Source, tag: _Tag) -> dict[str, str]:
    found, at, end = {}, 0, len(tag.attributes.rstrip())
    while at < end:
        match = _ATTRIBUTE.match(tag.attributes, at)
        if match is None:
            what = Phrase("<{tag}> has an attribute that cannot be read", tag=tag.name)
            raise source.error(tag.at, what, Phrase("put it in quotes"))
        found[match[1].lower()] = match[2] or match[3] or match[4] or ""
        at = match.end()
    return found
