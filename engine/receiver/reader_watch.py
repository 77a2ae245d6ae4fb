"""Watches over one bot's feed for another reader of its updates: whoever reads an update takes it from us.

A contest is recorded as soon as it shows, and closed before the feed is confirmed again: a process that dies in between
leaves it to the next. Each watch asks at first whether a contest is open, since it cannot know what its predecessor
saw, and then now and then: a predecessor that stood still may record one late.

Telegram drops an update that nobody fetches. Signs of life may be lost so, and no other program is to blame.
"""

from typing import Final

from engine.runtime.elapsed import elapsed_s
from engine.runtime.telemetry import logger
from storage.postgres import feed_doubts
from storage.postgres.incidents import SECOND_READER
from storage.postgres.pool import Pool, transaction
from storage.redis import bot_state
from storage.redis.arrivals import Arrivals
from storage.redis.client import Redis
from storage.redis.server_clock import bot_now_ms

ASKS_AFTER_S: Final = 300.0
TAP_KEPT_MS: Final = 120_000
"""Telegram may drop a tap that nobody has fetched for this long."""
KEPT_MS: Final = 86_400_000
"""Telegram drops whatever nobody has fetched for a day."""


class ReaderWatch:
    """All methods raise UnreachableError."""

    def __init__(self, pool: Pool, client: Redis, bot_id: int, username: str) -> None:
        self._pool = pool
        self._client = client
        self._arrivals = Arrivals(client)
        self._bot_id = bot_id
        self._log = logger().bind(bot=username)
        self._undisturbed_s: float | None = None

    async def contest_missing(self) -> None:
        """An update is missing: another program has taken it, or nobody read for so long that it was dropped."""
        await self.contest(None if await self._unread_ms() > TAP_KEPT_MS else SECOND_READER)

    async def contest(self, kind: str | None, detail: str = "") -> None:
        """Another program may have taken updates until now; None: it cannot be shown that none did.

        What it took leaves a hole in the numbers, which shows only with the next update. That hole is no second theft,
        so the count of the updates begins again.
        """
        self._undisturbed_s = None
        now_ms = await bot_now_ms(self._client, self._bot_id)
        async with transaction(self._pool) as connection:
            await feed_doubts.contest(connection, self._bot_id, kind, detail, now_ms)
        await self._arrivals.forget_floor(self._bot_id)
        self._log.warning("Silences are doubted", reason=kind or "updates not accounted for", detail=detail)

    async def close(self) -> None:
        """The feed has been read without a sign of anybody else: silences count from now on, if there was a contest."""
        asked_s = elapsed_s()
        if self._undisturbed_s is not None and asked_s - self._undisturbed_s < ASKS_AFTER_S:
            return
        if await self._unread_ms() > KEPT_MS:
            await self.contest(None)
        now_ms = await bot_now_ms(self._client, self._bot_id)
        async with transaction(self._pool) as connection:
            contested = await feed_doubts.read_again(connection, self._bot_id, now_ms)
        self._undisturbed_s = asked_s
        if contested:
            self._log.info("Feed is read undisturbed again: silences count from now on")

    async def _unread_ms(self) -> int:
        """For how long nobody has read the feed to its end; 0 where that is not known."""
        read_until_ms = await bot_state.watermark(self._client, self._bot_id)
        return 0 if read_until_ms is None else await bot_now_ms(self._client, self._bot_id) - read_until_ms
