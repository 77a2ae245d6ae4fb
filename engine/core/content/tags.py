"""The tags of Telegram's HTML, read as its server reads them: letter by letter the same, and no more forgiving.

A tag may close itself in HTML, and names of attributes have no case there; neither is so here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from engine.core.content import references
from engine.core.errors import CampaignError, Phrase

TAGS: Final = (
    *("a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "pre", "code", "blockquote"),
    *("span", "tg-spoiler", "tg-emoji", "tg-time"),
)
TAG: Final = re.compile(r"""<(?P<closes>/?)[^>"']*+(?:(?:"[^"]*+"|'[^']*+')[^>"']*+)*+>""")
"""A tag of a text that has been checked."""

_SPACE: Final = "[ \t\r\n]"
_START: Final = re.compile(f"<(?P<name>[^ \t\r\n>]*+){_SPACE}*+")
_END: Final = re.compile(f"</(?P<name>[^ \t\r\n>]*+){_SPACE}*+>")
_ATTRIBUTE: Final = re.compile(
    rf"""(?P<name>[^ \t\r\n=>/"']++){_SPACE}*+"""
    rf"""(?:(?P<equals>=){_SPACE}*+(?P<value>"[^"]*+"|'[^']*+'|[A-Za-z0-9.-]*+(?=[ \t\r\n>]))?+{_SPACE}*+)?+"""
)


class Source(NamedTuple):
    """An admin's text, and the noun that names it in a refusal, which quotes it as `written`."""

    text: str
    noun: str
    written: str

    def error(self, at: int, what: str, mend: str) -> CampaignError:
        return CampaignError.at(self.written, at, self.noun, what, mend)


class Tag(NamedTuple):
    """`attributes` with their references resolved."""

    at: int
    end: int
    name: str
    attributes: Mapping[str, str]
    closes: bool = False


def read(source: Source) -> Iterator[Tag]:
    """Raises CampaignError where a `<` does not begin a tag."""
    at = source.text.find("<")
    while at >= 0:
        tag = _end_tag(source, at) if source.text.startswith("</", at) else _start_tag(source, at)
        yield tag
        at = source.text.find("<", tag.end)


def _end_tag(source: Source, at: int) -> Tag:
    found = _END.match(source.text, at)
    if found is None:
        raise _unclosed(source, at)
    return Tag(at, found.end(), _lower(found["name"]), {}, closes=True)


def _start_tag(source: Source, at: int) -> Tag:
    found = _START.match(source.text, at)
    if found is None or source.text.find(">", at) < 0:
        raise _unclosed(source, at)
    name = _lower(found["name"])
    if name not in TAGS:
        mend = Phrase("use one of {tags}, or write &lt; for a plain <", tags=", ".join(TAGS))
        raise source.error(at, Phrase("<{tag}> is not a tag of Telegram", tag=name[:32]), mend)
    attributes, end = {}, found.end()
    while not source.text.startswith(">", end):
        attribute = _attribute(source, at, end, name)
        attributes[attribute["name"]] = _value(source, attribute)
        end = attribute.end()
    return Tag(at, end + 1, name, attributes)


def _attribute(source: Source, at: int, place: int, tag: str) -> re.Match[str]:
    found, text = _ATTRIBUTE.match(source.text, place), source.text
    if found and not (found["equals"] and found["value"] is None):
        return found
    if (found.end() if found else place) == len(text) or (found and text[found.end()] in "\"'"):
        raise _unclosed(source, at)
    if text[place] == "/":
        raise source.error(place, Phrase("<{tag}> has a / outside quotes", tag=tag), Phrase("delete it"))
    what = Phrase("<{tag}> has an attribute that cannot be read", tag=tag)
    raise source.error(at, what, Phrase("put it in quotes"))


def _value(source: Source, attribute: re.Match[str]) -> str:
    given = attribute["value"] or ""
    if not given.startswith(('"', "'")):
        return _lower(given)
    for fault in references.cut_short(given):
        raise source.error(attribute.start("value") + fault.at, fault.what, fault.mend)
    return references.resolved(given[1:-1])


def _unclosed(source: Source, at: int) -> CampaignError:
    mend = Phrase("end it with >, or write &lt; for a plain <")
    return source.error(at, Phrase("a tag is not closed"), mend)


def _lower(name: str) -> str:
    """The server lowers the case of ASCII letters only."""
    return name.lower() if name.isascii() else name
