"""Tells of bots of which more comes than is taken: admins by an incident, ops by a metric and one line a minute.

The incident is opened once, and closed when nothing has been refused for a while. A receiver also closes those that it
finds open when it starts, because nobody else may be left to do it; one that still refuses opens its own again within a
minute.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from engine.runtime import metrics
from engine.runtime.overloads import Overload, Overloads
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger
from storage.postgres import incidents
from storage.postgres.incidents import OVERLOAD_INCIDENTS
from storage.postgres.pool import Pool, transaction
from storage.redis.client import Redis
from storage.redis.server_clock import latest_now_ms

TURN_S: Final = 2.0
TOLD_EVERY_S: Final = 60.0
OVER_AFTER_S: Final = 120.0


class OverloadWatch:
    """`name` gives a bot's name for the log and the metric."""

    def __init__(
        self,
        pool: Pool,
        client: Redis,
        overloads: Overloads,
        name: Callable[[int], str],
        elapsed_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._client = client
        self._overloads = overloads
        self._name = name
        self._elapsed_s = elapsed_s
        self._found_open = False
        self._refused_s: dict[Overload, float] = {}
        self._told_s: dict[Overload, float] = {}
        self._untold: Counter[Overload] = Counter()

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        await run_service(self.run_once, pause(TURN_S), "Overload not told")

    async def run_once(self) -> int:
        """Tell what is new, and close what is over; returns how many overloads are open.

        Raises UnreachableError; what is not told yet is told in a later turn.
        """
        now_s = self._elapsed_s()
        for overload, times in self._overloads.take().items():
            self._refused_s[overload] = now_s
            self._untold[overload] += times
            metrics.overloads.labels(self._name(overload[0]), overload[1]).inc(times)
        if not self._found_open:
            await self._find_open(now_s)
        for overload in list(self._untold):
            if now_s - self._told_s.get(overload, -TOLD_EVERY_S) >= TOLD_EVERY_S:
                await self._tell(overload, now_s)
        for overload, refused_s in list(self._refused_s.items()):
            if now_s - refused_s >= OVER_AFTER_S:
                await self._close(overload)
        return len(self._refused_s)

    async def _find_open(self, now_s: float) -> None:
        async with transaction(self._pool) as connection:
            found = await incidents.open_of_kinds(connection, OVERLOAD_INCIDENTS)
        for overload in found:
            self._refused_s.setdefault(overload, now_s)
        self._found_open = True

    async def _tell(self, overload: Overload, now_s: float) -> None:
        bot_id, kind = overload
        now_ms = await latest_now_ms(self._client)
        async with transaction(self._pool) as connection:
            await incidents.open_incident(connection, bot_id, kind, "", now_ms)
        self._told_s[overload] = now_s
        logger().warning("More comes than is taken", bot=self._name(bot_id), kind=kind, refused=self._untold[overload])
        del self._untold[overload]

    async def _close(self, overload: Overload) -> None:
        bot_id, kind = overload
        now_ms = await latest_now_ms(self._client)
        async with transaction(self._pool) as connection:
            await incidents.close_incidents(connection, bot_id, [kind], now_ms)
        logger().info("No more comes than is taken", bot=self._name(bot_id), kind=kind)
        del self._refused_s[overload]
        self._told_s.pop(overload, None)
