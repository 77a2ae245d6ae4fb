"""The signs of life of the last minute, to be repeated into a Redis that may have lost them: of each chat the latest.

The bots share the room. A bot that is over its share forgets its own oldest signs: each of them is in PostgreSQL, which
is asked again before a sequence begins, or still waits to be written, and those that wait are repeated as well.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, TypeAlias

from engine.core.identity import SECOND_MS
from engine.runtime.shared_room import is_over_share
from storage.redis.timer_values import Sign

KEPT_MS: Final = 60_000
ROOM: Final = 200_000


_Kept: TypeAlias = tuple[int, int]
"""When it came, and what it says about when it was, both in ms: a plain tuple, as each sign of life makes one."""


class RecentSigns:
    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._of_bots: dict[int, OrderedDict[int, _Kept]] = {}
        self._size = 0
        self._looked_s = 0

    def __len__(self) -> int:
        return self._size

    def keep(self, bot_id: int, signs: Sequence[Sign], now_ms: int) -> None:
        """`now_ms` is when they came, by a clock that nobody sets. Whatever is older than a minute is forgotten, of
        every bot; once a second.
        """
        own = self._of_bots.setdefault(bot_id, OrderedDict())
        before = len(own)
        for chat_id, seen_ms in signs:
            known = own.pop(chat_id, None)
            own[chat_id] = now_ms, seen_ms if known is None or seen_ms > known[1] else known[1]
        self._size += len(own) - before
        if now_ms // SECOND_MS != self._looked_s:
            self._looked_s = now_ms // SECOND_MS
            self._forget_old(now_ms - KEPT_MS)
        while own and is_over_share(len(own) - 1, self._size - 1, self._room):
            self._forget_oldest(own)

    def of_bots(self) -> dict[int, list[Sign]]:
        return {
            bot_id: [Sign(chat_id, seen_ms) for chat_id, (_, seen_ms) in own.items()]
            for bot_id, own in self._of_bots.items()
        }

    def _forget_old(self, before_ms: int) -> None:
        for bot_id, own in list(self._of_bots.items()):
            while own and next(iter(own.values()))[0] < before_ms:
                self._forget_oldest(own)
            if not own:
                del self._of_bots[bot_id]

    def _forget_oldest(self, own: OrderedDict[int, _Kept]) -> None:
        own.popitem(last=False)
        self._size -= 1
