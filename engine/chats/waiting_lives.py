"""Signs of life that wait to be written to PostgreSQL: of each chat the latest, with every name that came.

The bots share the room, and each page takes from all of them alike: neither a bot's flood nor its backlog keeps another
bot's signs from being taken or written. What the others leave free of a page is for those that have more.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from engine.runtime.shared_room import is_over_share
from storage.postgres.chats import Life
from storage.redis.timer_values import Sign

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
        return chat_id in self._of_bots.get(bot_id, ()) or self._has_room_for(bot_id, 1)

    def have_room(self, bot_id: int, chat_ids: Sequence[int]) -> list[bool]:
        """The same for each of several that come at once."""
        if self._has_room_for(bot_id, len(chat_ids)):
            return [True] * len(chat_ids)
        own, new = self._of_bots.get(bot_id, {}), set[int]()
        for chat_id in chat_ids:
            if chat_id not in own and self._has_room_for(bot_id, len(new | {chat_id})):
                new.add(chat_id)
        return [chat_id in own or chat_id in new for chat_id in chat_ids]

    def _has_room_for(self, bot_id: int, new: int) -> bool:
        """Whether so many chats find room of which no life is waiting."""
        earlier = new - 1
        return not is_over_share(len(self._of_bots.get(bot_id, ())) + earlier, self._size + earlier, self._room)

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
        self.put_all(life.bot_id, [life])

    def put_all(self, bot_id: int, lives: Sequence[Life]) -> None:
        """The same for many lives of one bot."""
        own = self._of_bots.setdefault(bot_id, {})
        before = len(own)
        for life in lives:
            known = own.get(life.chat_id)
            own[life.chat_id] = life if known is None else _latest(known, life)
        self._size += len(own) - before

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


def _latest(known: Life, life: Life) -> Life:
    later, earlier = (life, known) if life.last_active_ms >= known.last_active_ms else (known, life)
    if later[3:] == earlier[3:]:
        return later
    return later._replace(
        first_name=later.first_name or earlier.first_name,
        username=later.username or earlier.username,
        language=later.language or earlier.language,
        unsent_episode=later.unsent_episode or earlier.unsent_episode,
    )
