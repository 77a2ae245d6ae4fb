"""Signs of life that a bot's own code reports: they count for people who have started the bot and can be written to.

Anybody else would be armed, and later refused by Telegram ("bot can't initiate conversation with a user"), one slot of
the bot's pace each. An owner may let the API name new chats, for people whose start no receiver has seen. Then a day's
number of them is bounded, whoever has got hold of the key.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, NamedTuple

from engine.chats.activity import Active, Activity
from storage.postgres import chats
from storage.postgres.pool import Pool, transaction
from storage.redis import new_chats
from storage.redis.client import Redis
from storage.redis.timer_values import Sign

NEW_A_DAY: Final = 100_000
"""A bot of this size may name everybody in one day. An armed chat takes about 140 bytes of Redis."""


class Reported(NamedTuple):
    """How many chats were taken in, how many are unknown, and how many new ones do not fit into this day."""

    taken: int
    unknown: int
    put_off: int = 0
    day_ends_s: int = 0


class ReportedActivity:
    def __init__(self, pool: Pool, client: Redis, activity: Activity, new_a_day: int = NEW_A_DAY) -> None:
        self._pool = pool
        self._activity = activity
        self._client = client
        self._new_a_day = new_a_day

    async def take(self, bot_id: int, latest: Mapping[int, int], *, takes_new: bool) -> Reported:
        """Touch each chat with its last seen, in ms; 0 counts as now. Raises UnreachableError."""
        known = await self._activity.which_are_known(bot_id, list(latest))
        taken = {sign for sign, is_known in zip(latest.items(), known, strict=True) if is_known}
        others = [sign for sign in latest.items() if sign not in taken]
        new = await self._reachable(bot_id, others) if others and takes_new else []
        if not new:
            await self._touch(bot_id, taken)
            return Reported(len(taken), len(others))
        admitted = await new_chats.admit(self._client, bot_id, len(new), self._new_a_day)
        taken |= set(islice(new, admitted.chats))
        await self._touch(bot_id, taken)
        return Reported(len(taken), len(others) - len(new), len(new) - admitted.chats, admitted.day_ends_s)

    async def _reachable(self, bot_id: int, signs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Without those whom nothing can be sent until they write themselves: they are not new."""
        async with transaction(self._pool) as connection:
            lost = await chats.find_unreachable(connection, bot_id, [chat_id for chat_id, _ in signs])
        return [sign for sign in signs if sign[0] not in lost]

    async def _touch(self, bot_id: int, signs: set[tuple[int, int]]) -> None:
        await self._activity.mark_users_active(bot_id, [Active(Sign(*sign)) for sign in signs])
