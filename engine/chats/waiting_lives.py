"""Signs of life that wait to be written to PostgreSQL: of each chat the latest, with every name that came.

The bots share the room, and each page takes from all of them alike: neither a bot's flood nor its backlog keeps another
bot's signs from being taken or written. What the others leave free of a page is for those that have more.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from engine.runtime.shared_room import is_over_share
from storage.postgres.chats import Life
from storage.redis.timers import Sign

ROOM: Final = 200_000
"""A life costs about half a kilobyte."""


class WaitingLives:
    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._of_bots: dict[int, dict[int, Life]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def has_room(self, bot_id: int, chat_id: int) -> bool:
        """A chat of which a life is waiting already takes no more room."""
        own = self._of_bots.get(bot_id, {})
        return chat_id in own or not is_over_share(len(own), self._size, self._room)

    def of_bots(self) -> dict[int, list[Sign]]:
        """The signs of life alone."""
        return {
            bot_id: [Sign(life.chat_id, life.last_active_ms) for life in own.values()]
            for bot_id, own in self._of_bots.items()
        }

    def get(self, bot_id: int, chat_id: int) -> Life | None:
        return self._of_bots.get(bot_id, {}).get(chat_id)

    def put(self, life: Life) -> None:
        """Keep the latest sign of life of a chat. That an episode's send never left stays true."""
        own = self._of_bots.setdefault(life.bot_id, {})
        self._size += life.chat_id not in own
        known = own.get(life.chat_id, life)
        later, earlier = (life, known) if life.last_active_ms >= known.last_active_ms else (known, life)
        own[life.chat_id] = later._replace(
            first_name=later.first_name or earlier.first_name,
            username=later.username or earlier.username,
            language=later.language or earlier.language,
            unsent_episode=later.unsent_episode or earlier.unsent_episode,
        )

    def take(self, most: int) -> list[Life]:
        """Remove and return a page: the oldest of each bot, of all bots equally many as far as they have them."""
        page: list[Life] = []
        while self._of_bots and len(page) < most:
            page += self._take_round(most - len(page))
        self._size -= len(page)
        return page

    def _take_round(self, most: int) -> Iterator[Life]:
        share = max(1, most // len(self._of_bots))
        for bot_id in list(islice(self._of_bots, most)):
            own = self._of_bots.pop(bot_id)
            yield from [own.pop(chat_id) for chat_id in list(islice(own, share))]
            if own:
                self._of_bots[bot_id] = own
