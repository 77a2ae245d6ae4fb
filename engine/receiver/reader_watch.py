"""Watches over one bot's feed for another reader of its updates: whoever reads an update takes it from us.

A contest is recorded as soon as it shows, and closed before the feed is confirmed again: a process that dies in between
leaves it to the next. Each watch asks once whether a contest is open, since it cannot know what its predecessor saw.
"""

from engine.runtime.telemetry import logger
from storage.postgres import feed_doubts
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms


class ReaderWatch:
    """All methods raise UnreachableError."""

    def __init__(self, pool: Pool, client: Redis, bot_id: int, username: str) -> None:
        self._pool = pool
        self._client = client
        self._bot_id = bot_id
        self._log = logger().bind(bot=username)
        self._undisturbed = False

    async def contest(self, kind: str | None, detail: str = "") -> None:
        """Another program may have taken updates until now; None: it cannot be shown that none did."""
        self._undisturbed = False
        now_ms = await server_now_ms(self._client)
        async with transaction(self._pool) as connection:
            await feed_doubts.contest(connection, self._bot_id, kind, detail, now_ms)
        self._log.warning("Silences are doubted", reason=kind or "updates not accounted for", detail=detail)

    async def close(self) -> None:
        """The feed has been read without a sign of anybody else: silences count from now on, if there was a contest."""
        if self._undisturbed:
            return
        now_ms = await server_now_ms(self._client)
        async with transaction(self._pool) as connection:
            contested = await feed_doubts.read_again(connection, self._bot_id, now_ms)
        self._undisturbed = True
        if contested:
            self._log.info("Feed is read undisturbed again: silences count from now on")
