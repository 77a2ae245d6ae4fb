"""Arms the chats in Redis and remembers them in PostgreSQL, as receivers would have done it long ago.

A chat is known by its bot and its person: those who rest or are due never act, so that they need not exist at the
sandbox.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from bench.questions.flush.plan import REST_MS, STEP_MS, THRESHOLD_MS, Plan, in_lists, of_bot, seen_ms
from storage.postgres.pool import Pool
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers

RESTING_FROM: Final = 8_000_000_000
DUE_FROM: Final = 9_000_000_000
"""No person of the sandbox has an id as high."""
_LONG_AGO_MS: Final = 2 * THRESHOLD_MS
_ACTIVATED: Final = "UPDATE recovery_campaigns SET activated_at = activated_at - $1"
_RESTING: Final = """
INSERT INTO chats (bot_id, chat_id, last_active)
SELECT $1::bigint, $2::bigint + n, $3::bigint - n::bigint * $4::int % $5::int
FROM generate_series($6::int, $7::int - 1, $8::int) n
"""
_NUDGED: Final = "SELECT count(*) FROM recovery_deliveries WHERE status = 'sent' AND chat_id >= $1"
_OTHERS: Final = """
INSERT INTO chats (bot_id, chat_id, last_active) SELECT $1::bigint, * FROM unnest($2::bigint[], $3::bigint[])
"""


class Planted:
    """`bots` by their places."""

    def __init__(self, pool: Pool, timers: Timers, bots: Sequence[int], plan: Plan) -> None:
        self._pool = pool
        self._timers = timers
        self._bots = bots
        self._plan = plan

    async def activate_long_ago(self) -> None:
        """Silences count only if they began after the activation."""
        await self._pool.execute(_ACTIVATED, _LONG_AGO_MS)

    async def rest(self, latest_ms: int) -> None:
        """Those of whom nothing is due within the run. `latest_ms`: when the last of them was seen."""
        for place, bot in enumerate(self._bots):
            numbers = of_bot(place, self._plan.resting)
            who = (numbers.start, numbers.stop, numbers.step)
            await self._pool.execute(_RESTING, bot, RESTING_FROM, latest_ms, STEP_MS, REST_MS, *who)
            await self._arm(bot, numbers, lambda number: Sign(RESTING_FROM + number, seen_ms(number, latest_ms)))
        await self._pool.execute("ANALYZE chats")

    async def nudged(self) -> int:
        """How many of those who are due were sent their message."""
        return int(await self._pool.fetchval(_NUDGED, DUE_FROM))

    async def others(self, people: Sequence[int], emptied_ms: int) -> None:
        """The writers, by their ids, and those who are due. `emptied_ms`: when Redis will be emptied."""
        since_ms = emptied_ms - THRESHOLD_MS

        def writing(number: int) -> Sign:
            return Sign(people[number], since_ms + self._plan.writer(number).due_ms)

        def due(number: int) -> Sign:
            return Sign(DUE_FROM + number, since_ms + self._plan.due_ms(number))

        for place, bot in enumerate(self._bots):
            await self._remember(bot, of_bot(place, self._plan.writers), writing)
            await self._remember(bot, of_bot(place, self._plan.due), due)

    async def _remember(self, bot: int, numbers: Sequence[int], sign: Callable[[int], Sign]) -> None:
        signs = [sign(number) for number in numbers]
        chats, seen = [one.chat_id for one in signs], [one.seen_ms for one in signs]
        await asyncio.gather(self._pool.execute(_OTHERS, bot, chats, seen), self._arm(bot, numbers, sign))

    async def _arm(self, bot: int, numbers: Sequence[int], sign: Callable[[int], Sign]) -> None:
        for some in in_lists(numbers, BATCH):
            await self._timers.touch(bot, [sign(number) for number in some], THRESHOLD_MS)
