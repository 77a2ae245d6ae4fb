"""A short text as atoms: numbers, signs, and the words of a lexicon.

Case, accents, blanks, full-width characters, dots behind abbreviations and quotes around the whole do not matter. Only
whole words count: an unknown one stays unknown, so that nothing is guessed from its beginning.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

_SHOWN: Final = 64
_LONGEST: Final = 5
"""Tokens in the longest phrase of a lexicon."""
_TOKEN: Final = re.compile(r"[2-6]ª|[0-9]+(?:[.,:][0-9]+)*|[a-z]+|\S")
_DIGITS: Final = re.compile("[0-9]+")
_ABBREVIATION: Final = re.compile(r"(?<=[a-z])\.(?![a-z0-9])")
_HALF_OF_DAY: Final = re.compile(r"(?<![a-z])([ap])\. ?m(?![a-z])")
DASHES: Final = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))
_AROUND: Final = " \"'`“”‘’«»"
_BEHIND: Final = " .,;!…"
_TENS: Final = range(20, 100, 10)


class Atom(NamedTuple):
    """`kind` is `number`, `colon` (9:30), `decimal` (1,5), a kind of the lexicon, the sign itself, or `unknown`."""

    kind: str
    value: int = 0
    text: str = ""


Lexicon: TypeAlias = Mapping[tuple[str, ...], Atom]
END: Final = Atom("end")


def lexicon(table: Sequence[tuple[str, int, str]]) -> Lexicon:
    """Rows of a kind, a value, and the phrases that stand for it, divided by `|`."""
    return {
        tuple(_tokens(phrase)): Atom(kind, value, phrase.strip())
        for kind, value, phrases in table
        for phrase in phrases.split("|")
    }


def is_too_long(text: str, most: int) -> bool:
    """Whether a text, blanks aside, is longer than anything that one of our grammars reads."""
    return len(" ".join(text.split())) > most


class Words:
    """The atoms of a text, and how far they have been read."""

    def __init__(self, text: str, known: Lexicon) -> None:
        self._atoms = tuple(_numbered(list(_atoms(_tokens(text), known))))
        self.at = 0

    def rewound(self) -> "Words":
        self.at = 0
        return self

    def read(self, first: int) -> tuple[Atom, ...]:
        """What has been read since a place."""
        return self._atoms[first : self.at]

    def peek(self, ahead: int = 0) -> Atom:
        place = self.at + ahead
        return self._atoms[place] if place < len(self._atoms) else END

    def take(self, *kinds: str) -> Atom | None:
        """The next atom, if it is of one of these kinds; then it is read."""
        atom = self.peek()
        if atom.kind not in kinds:
            return None
        self.at += 1
        return atom

    def skip(self, *kinds: str) -> bool:
        """Read all that follow of these kinds, and say whether there was one."""
        before = self.at
        while self.take(*kinds):
            pass
        return self.at > before

    @property
    def is_over(self) -> bool:
        return self.at >= len(self._atoms)

    def has(self, kind: str) -> bool:
        return any(atom.kind == kind for atom in self._atoms)


def letters(text: str) -> str:
    """In lower case, without accents, with single spaces; characters of the full width become plain ones."""
    plain = "".join(map(_narrow, text)).casefold()
    spelled = unicodedata.normalize("NFD", plain)
    return " ".join("".join(c for c in spelled if unicodedata.category(c) not in ("Mn", "Cf")).split())


def shown(text: str) -> str:
    """A person's text in a refusal, on one line and not too long."""
    return repr(text[:_SHOWN])


def _narrow(character: str) -> str:
    is_wide = unicodedata.decomposition(character).startswith("<wide>")
    return unicodedata.normalize("NFKC", character) if is_wide else character


def _tokens(text: str) -> list[str]:
    plain = _HALF_OF_DAY.sub(r"\1m", letters(text).translate(DASHES))
    return _TOKEN.findall(_ABBREVIATION.sub(" ", plain).rstrip(_BEHIND).strip(_AROUND).rstrip(_BEHIND))


def _atoms(tokens: list[str], known: Lexicon) -> Iterator[Atom]:
    """The longest phrase wins."""
    place = 0
    while place < len(tokens):
        sizes = range(min(_LONGEST, len(tokens) - place), 0, -1)
        size = next((size for size in sizes if tuple(tokens[place : place + size]) in known), 0)
        yield known[tuple(tokens[place : place + size])] if size else _unlisted(tokens[place])
        place += size or 1


def _unlisted(token: str) -> Atom:
    if _DIGITS.fullmatch(token):
        return Atom("number", int(token), token)
    if _DIGITS.match(token) and not token.endswith("ª"):
        return Atom("colon" if ":" in token else "decimal", 0, token)
    return Atom("unknown" if token.isalnum() else token, 0, token)


def _numbered(atoms: list[Atom]) -> Iterator[Atom]:
    """Number words as numbers of two characters, without a zero in front; `vinte e quatro`, `forty-five` as one."""
    place = 0
    while place < len(atoms):
        size, value = _number_at(atoms, place)
        yield Atom("number", value, f"{value:2}") if size else atoms[place]
        place += size or 1


def _number_at(atoms: list[Atom], place: int) -> tuple[int, int]:
    """How many atoms make up the number word there, and its value; no atoms if there is none."""
    first, *rest = atoms[place : place + 3]
    if first.kind != "word_number":
        return 0, 0
    after = 1 if rest and rest[0].kind in ("and", "-") else 0
    unit = rest[after] if len(rest) > after else END
    if first.value in _TENS and unit.kind == "word_number" and unit.value < _TENS.step:
        return 2 + after, first.value + unit.value
    return 1, first.value
