"""Whether Telegram will accept the HTML of a text or a caption, judged before anyone is sent it.

The rules are those of its server: a closed set of tags, properly nested, and an unknown reference is plain text.
Stricter where the server would silently drop what the admin meant: a link that leads nowhere, a time of no date, a
hundred tags and one, a reference that people would read as it stands. Places are lines and columns, not byte offsets.
`engine.core.content.text_checks` limits the length.
"""

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from engine.core.content import addresses, references, tags
from engine.core.content.tags import TAG, Source, Tag
from engine.core.errors import CampaignError, Phrase

MAX_SOURCE_BYTES: Final = 32_768
"""Of a text with its tags; Telegram reads no more."""
MAX_TAGS: Final = 100
"""Telegram keeps this many entities of a message and drops the rest."""

_LAST_EMOJI: Final = 2**63 - 1
_LAST_SECOND: Final = 2**31 - 1
_NUMBER: Final = re.compile("[0-9]{1,19}")
_EMOJI: Final = re.compile("-?[1-9][0-9]{0,18}")
_FORMAT: Final = re.compile("[rR]?|[tTdDwW]*")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class _Need(NamedTuple):
    """An attribute without which a tag means nothing."""

    attribute: str
    is_good: Callable[[str], object]
    example: str


def _is_emoji(identifier: str) -> bool:
    return bool(_EMOJI.fullmatch(identifier)) and -_LAST_EMOJI <= int(identifier) <= _LAST_EMOJI


def _is_second(second: str) -> bool:
    return bool(_NUMBER.fullmatch(second)) and 0 < int(second) <= _LAST_SECOND


_NEEDS: Final = {
    "span": _Need("class", re.compile("tg-spoiler").fullmatch, '<span class="tg-spoiler">'),
    "tg-emoji": _Need("emoji-id", _is_emoji, '<tg-emoji emoji-id="5368324170671202286">'),
    "tg-time": _Need("unix", _is_second, '<tg-time unix="1700000000">'),
}


def check(text: str, noun: str, written: str = "") -> None:
    """Refuse HTML that Telegram would refuse; the sentence says what, where, and how to mend it.

    `written`: the admin's own text of the same length, if some of it is blanked in `text`.
    """
    source = Source(text, noun, written or text)
    check_characters(text, noun)
    found = list(tags.read(source))
    _check_nesting(source, found)
    for fault in references.misread(text):
        raise source.error(fault.at, fault.what, fault.mend)
    if (count := sum(not tag.closes for tag in found)) > MAX_TAGS:
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
    """Refuse what is inside a tag."""
    source = Source(text, noun, written)
    spans = [(tag.at, tag.end) for tag in tags.read(source)]
    for at in places:
        if any(begins <= at < ends for begins, ends in spans):
            inside = Phrase("{what} is inside a tag", what=what)
            raise source.error(at, inside, Phrase("write it between the tags"))


def plain(text: str) -> str:
    """What people read of a text that `check` has passed."""
    begins, pieces = 0, []
    for tag in TAG.finditer(text):
        pieces.append(text[begins : tag.start()])
        begins = tag.end()
    return "".join(map(references.resolved, [*pieces, text[begins:]]))


def unpaired(text: str) -> str:
    """The tags in a piece of such a text whose other half stands outside of it, in their order."""
    found: list[str] = []
    for tag in TAG.finditer(text):
        if tag["closes"] and found and not found[-1].startswith("</"):
            found.pop()
        else:
            found.append(tag[0])
    return "".join(found)


def _check_nesting(source: Source, found: list[Tag]) -> None:
    opened: list[Tag] = []
    for tag in found:
        if not tag.closes:
            _check_start(source, tag)
            opened.append(tag)
        elif not opened:
            raise source.error(tag.at, Phrase("</{tag}> closes nothing", tag=tag.name), Phrase("delete it"))
        elif tag.name not in ("", opened[-1].name):
            mend = Phrase("write </{tag}> first", tag=opened[-1].name)
            raise source.error(tag.at, Phrase("</{tag}> comes too early", tag=tag.name), mend)
        else:
            _check_link(source, opened.pop(), tag)
    if opened:
        last = opened[-1]
        raise source.error(
            last.at, Phrase("<{tag}> is never closed", tag=last.name), Phrase("add </{tag}>", tag=last.name)
        )


def _check_start(source: Source, tag: Tag) -> None:
    need = _NEEDS.get(tag.name)
    if need and not need.is_good(tag.attributes.get(need.attribute, "")):
        lacking = Phrase("<{tag}> lacks its {name}", tag=tag.name, name=need.attribute)
        raise source.error(tag.at, lacking, Phrase("write {example}", example=need.example))
    if tag.name == "tg-time" and not _FORMAT.fullmatch(tag.attributes.get("format", "")):
        unknown = Phrase("<{tag}> has a format that Telegram does not know", tag=tag.name)
        raise source.error(tag.at, unknown, Phrase("write r, or some of t, T, d, D, w and W"))


def _check_link(source: Source, tag: Tag, closing: Tag) -> None:
    """A link without an address leads to what it says."""
    if tag.name != "a":
        return
    given = tag.attributes.get("href", "")
    if not addresses.is_link(given or plain(source.text[tag.end : closing.at])):
        what = Phrase("<a> leads nowhere") if given else Phrase("<{tag}> lacks its {name}", tag="a", name="href")
        raise source.error(tag.at, what, Phrase("write {example}", example='<a href="https://…">'))
