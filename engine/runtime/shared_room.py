"""Room that bots share, so that no bot can take another's.

A bot may take as much as is still free: alone it gets half of the room, and two at the same time a third each. Network
switches share their buffers in this way ("dynamic thresholds", Choudhury and Hahne, 1998): a fixed share would waste
the room, or depend on how many bots there are. Whatever others have taken, a small part is always there for each bot.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OWN_PART: Final = 200
"""Each bot has a two-hundredth of the room for itself, so all bots together take little more than the room."""


def is_over_share(own: int, of_all: int, room: int) -> bool:
    """Whether a bot that has taken `own` of the room must take no more; `of_all` is what all bots have taken."""
    return own >= max(1, room // OWN_PART, room - of_all)


class SharedRoom:
    """Counts what is under way for each bot."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken: Counter[int] = Counter()

    def is_over_share(self, bot_id: int) -> bool:
        return is_over_share(self._taken[bot_id], self._taken.total(), self._room)

    @contextmanager
    def place(self, bot_id: int) -> Iterator[None]:
        """Take a place while the block lasts."""
        self._taken[bot_id] += 1
        try:
            yield
        finally:
            self._taken[bot_id] -= 1
            if not self._taken[bot_id]:
                del self._taken[bot_id]
