"""Character references such as `&lt;` and `&#65;`, as Telegram reads them: never as a browser does.

Telegram knows four names and numbers of few digits, needs no semicolon, and leaves everything else as it is written.
What a browser would read and Telegram would not is refused: people would see `&nbsp;` in the message.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final, NamedTuple

from engine.core.content import invisible
from engine.core.errors import Phrase

_NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_ESCAPES: Final = {character: f"&{name};" for name, character in _NAMED.items()}
_LONGEST: Final = 9
"""Characters of a number with its & and #, without its semicolon."""
_LAST: Final = 0x10FFFF
"""The last character of Unicode, which Telegram does not take."""
_REFERENCE: Final = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]*+)|#(?P<decimal>[0-9]*+)|(?P<name>[a-zA-Z]*+));?")
_OF_A_BROWSER: Final = re.compile(r"&(?:#[xX]?[0-9a-fA-F]+;|[a-zA-Z][a-zA-Z0-9]*;)")
_NO_CHARACTER: Final = ("", "\ufffd")
"""What a browser makes of a number that stands for nothing."""
_HALF: Final = re.compile("[\ud800-\udfff]")


class Misread(NamedTuple):
    """A reference that would not become what its author means."""

    at: int
    what: Phrase
    mend: Phrase


def resolved(text: str) -> str:
    """The text as Telegram reads it. Halves of a character stay halves."""
    return _REFERENCE.sub(lambda reference: _character(reference) or reference[0], text)


def misread(text: str) -> Iterator[Misread]:
    """The references that Telegram refuses, or leaves in the text where a browser would read them."""
    for found in _OF_A_BROWSER.finditer(text):
        meant = _meant(found)
        if meant and resolved(found[0]) == found[0]:
            unknown = Phrase(
                "{reference} is unknown to Telegram, and people would read it as it stands", reference=found[0]
            )
            yield Misread(found.start(), unknown, Phrase("write {character}", character=_instead(meant)))
    for reference in _REFERENCE.finditer(text):
        if _HALF.search(_character(reference)):
            half = Phrase("{reference} is half of a character", reference=reference[0])
            yield Misread(reference.start(), half, Phrase("write the character itself"))


def cut_short(text: str) -> Iterator[Misread]:
    """The references without a semicolon: in an address, they are the beginning of a parameter's name."""
    for reference in _REFERENCE.finditer(text):
        if (character := _character(reference)) and not reference[0].endswith(";"):
            what = Phrase("{reference} is read as {character}", reference=reference[0], character=character)
            yield Misread(reference.start(), what, Phrase("write &amp; for the &"))


def _character(reference: re.Match[str]) -> str:
    """The character, or "" where Telegram leaves the reference as it is."""
    if reference["name"] is not None:
        return _NAMED.get(reference["name"], "")
    digits, base = (reference["decimal"], 10) if reference["hex"] is None else (reference["hex"], 16)
    code = int(digits or "0", base)
    is_read = 0 < code < _LAST and len(reference[0].removesuffix(";")) <= _LONGEST
    return chr(code) if is_read else ""


def _meant(reference: re.Match[str]) -> str:
    """What a browser makes of it: "" if nothing. Of a name that only begins like one it leaves the end."""
    read = unescape(reference[0])
    is_whole = read == ";" or not read.endswith(";")
    return read if is_whole and read not in _NO_CHARACTER else ""


def _instead(meant: str) -> str:
    """How to write it: what cannot be seen is written as a number."""
    if invisible.is_blank(meant):
        return "".join(f"&#{ord(letter)};" for letter in meant)
    return _ESCAPES.get(meant, meant)
