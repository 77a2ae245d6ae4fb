"""Which characters of a text people can see.

Control, direction and zero-width characters show nothing and can change how the text around them looks; a few letters
and symbols are blank on purpose, and some people use them as a name. Joiners show nothing either, but between visible
characters they decide how these are written: Persian and Indic names need them, and so do families of emoji.
"""

import re
from typing import Final
from unicodedata import category

_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffc")
"""Fillers of Hangul and Braille and the place of an object, which Unicode counts as letters and symbols."""
_SEEN: Final = frozenset("LNPS")
"""Letters, numbers, punctuation, symbols; a combining mark is visible only on one of them."""
_SIGNS: Final = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Signs around numbers and words, which Unicode counts as format characters though they are drawn."""
_NEVER_SEEN: Final = re.compile(r"[\u2065\ufdd0-\ufdef\ufff0-\uffff\U000e0000-\U000e0fff]")
"""Of the characters that Unicode has not assigned yet, those that will show nothing: the others may be new emoji."""
_LAST_OF_A_PLANE: Final = 0xFFFE
"""The last two places of every plane are reserved, and stay empty."""

_JOINERS: Final = "\u200c\u200d"
_DANGLING: Final = re.compile(rf"(?<![^\s{_JOINERS}])[{_JOINERS}]+|(?<=[{_JOINERS}])[{_JOINERS}]+")
_HALF_FORM: Final = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca"
"""The signs of Indic scripts after which a joiner also shapes the end of a word."""
_LAST: Final = re.compile(rf"(?<![{_HALF_FORM}])[{_JOINERS}](?!\S)")
_FLAG: Final = re.compile("(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)")
"""The flag of a region, such as Scotland: a black flag and letters that show nothing by themselves."""


def stripped(text: str) -> str:
    """The text on one line, without characters that show nothing."""
    pieces = _FLAG.split(text)
    pieces[::2] = map(_without_hidden, pieces[::2])
    return " ".join(_LAST.sub("", _DANGLING.sub("", "".join(pieces))).split())


def unjoined(text: str) -> str:
    """The text without its joiners, as a reader of addresses sees it."""
    return re.sub(f"[{_JOINERS}]", "", text)


def is_blank(text: str) -> bool:
    return not any(map(_is_seen, text))


def _without_hidden(text: str) -> str:
    return "".join(letter for letter in text if letter.isspace() or letter in _JOINERS or _is_drawn(letter))


def _is_drawn(letter: str) -> bool:
    return category(letter)[0] == "M" or _is_seen(letter)


def _is_seen(letter: str) -> bool:
    if category(letter) == "Cn":
        return not (_NEVER_SEEN.match(letter) or ord(letter) & _LAST_OF_A_PLANE == _LAST_OF_A_PLANE)
    return (category(letter)[0] in _SEEN and letter not in _BLANK) or letter in _SIGNS
