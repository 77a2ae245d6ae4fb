"""What of a text a person can see.

Control, direction and zero-width characters show nothing and can turn what stands around them; a few letters and
symbols are blank on purpose, and people hide behind them as a name.
"""

from typing import Final
from unicodedata import category

_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers of Hangul and Braille, which Unicode counts as letters and symbols."""
_SEEN: Final = frozenset("LNPS")
"""Letters, numbers, punctuation, symbols; a mark is seen only on one of them."""


def stripped(text: str) -> str:
    """The text on one line, without what shows nothing."""
    shown = (letter for letter in text if letter.isspace() or not _is_hidden(letter))
    return " ".join("".join(shown).split())


def is_blank(text: str) -> bool:
    return not any(category(letter)[0] in _SEEN and letter not in _BLANK for letter in text)


def _is_hidden(letter: str) -> bool:
    return letter in _BLANK or category(letter)[0] == "C"
