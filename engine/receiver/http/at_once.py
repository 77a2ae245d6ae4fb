"""How many requests of one bot may be under way at once: whoever has its secret or its key takes no other bot's room.

What is beyond is refused before its body is read. It keeps the queues behind short, which each bot has for itself.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from engine.receiver.http.refusal import Refusal

MOST: Final = 64
"""Telegram opens 40 connections for a bot at most, as `setWebhook` asks it to."""


class AtOnce:
    """`refused` is called with a bot that is over its number, and gives the answer."""

    def __init__(self, refused: Callable[[int], Refusal], most: int = MOST) -> None:
        self._refused = refused
        self._most = most
        self._under_way: Counter[int] = Counter()

    @contextmanager
    def place(self, bot_id: int) -> Iterator[None]:
        """Hold a place while the block lasts. Raises Refusal."""
        if self._under_way[bot_id] >= self._most:
            raise self._refused(bot_id)
        self._under_way[bot_id] += 1
        try:
            yield
        finally:
            self._under_way[bot_id] -= 1
            if not self._under_way[bot_id]:
                del self._under_way[bot_id]
