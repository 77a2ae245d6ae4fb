"""Counts what was refused because a bot had taken its share, until somebody tells of it."""

from collections import Counter
from typing import TypeAlias

Overload: TypeAlias = tuple[int, str]
"""A bot, and the kind of incident that its overload is."""


class Overloads:
    def __init__(self) -> None:
        self._untold: Counter[Overload] = Counter()

    def note(self, bot_id: int, kind: str, refused: int = 1) -> None:
        self._untold[bot_id, kind] += refused

    def take(self) -> Counter[Overload]:
        """What was refused since the last look."""
        untold, self._untold = self._untold, Counter()
        return untold
