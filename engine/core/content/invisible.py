"""Which characters of a text people can see.

Control, direction and zero-width characters show nothing and can change how the text around them looks; a few letters
and symbols are blank on purpose, and some people use them as a name.
"""

from typing import Final
from unicodedata import category

_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and Braille, which Unicode counts as letters and symbols."""
_SEEN: Final = frozenset("LNPS")
"""Letters, numbers, punctuation, symbols; a combining mark is visible only on one of them."""


def stripped(text: str) -> str:
    """The text on one line, without characters that show nothing."""
    shown = (letter for letter in text if letter.isspace() or not _is_hidden(letter))
    return " ".join("".join(shown).split())


def is_blank(text: str) -> bool:
    return not any(category(letter)[0] in _SEEN and letter not in _BLANK for letter in text)


def _is_hidden(letter: str) -> bool:
    return letter in _BLANK or category(letter)[0] == "C"
