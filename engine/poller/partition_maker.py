"""Makes the partitions of the months to come, in a loop of its own and by the poller of shard 0 alone.

A backup or a report may hold the deliveries for hours. Then a turn gives up after a moment (`lock_waits`), and the next
one comes later and later: each try is a wait for whoever sends just then. There are two months for it. When a month is
about to begin without a partition, the log says so as an error, with who or what is in the way; its deliveries then lie
in the default partition, and none is lost.
"""

import asyncio
from collections.abc import Callable
from random import random
from typing import Final, NamedTuple

from engine.runtime import metrics
from engine.runtime.server_clock import ServerClock
from engine.runtime.service import run_service
from engine.runtime.telemetry import logger
from storage.postgres import partitions
from storage.postgres.partitions import HeldMonthError, Month
from storage.postgres.pool import Pool

DAY_MS: Final = 86_400_000
SOON_MS: Final = 7 * DAY_MS
LOOK_S: Final = 30.0
REST_S: Final = 600.0
BACKOFF_S: Final = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Doubled by jitter at most."""


class MakerTurn(NamedTuple):
    """The partitions that were made, the months that have none, and what is in the way of the first of them."""

    made: list[str]
    missing: list[Month]
    held: HeldMonthError | None = None


class PartitionMaker:
    """`ours`: whether it is for this process to make them."""

    def __init__(self, pool: Pool, clock: ServerClock, ours: Callable[[], bool]) -> None:
        self._pool = pool
        self._clock = clock
        self._ours = ours
        self._failures = 0

    async def run(self) -> None:
        """Run until cancelled."""
        await run_service(self.run_once, self._rest, "Partitions not made")

    async def run_once(self) -> MakerTurn:
        """Make what is missing, or say what is in the way. Raises UnreachableError."""
        if not self._ours():
            return MakerTurn([], [])
        now_ms = self._clock.now_ms()
        turn = await self._make(now_ms)
        missing = await partitions.missing(self._pool, now_ms)
        metrics.months_ahead.set(partitions.MONTHS_AHEAD - sum(month.low > now_ms for month in missing))
        _report(turn, missing, now_ms)
        return turn._replace(missing=missing)

    async def _make(self, now_ms: int) -> MakerTurn:
        try:
            return MakerTurn(await partitions.make_ahead(self._pool, now_ms), [])
        except HeldMonthError as error:
            return MakerTurn([], [], error)

    async def _rest(self, turn: MakerTurn | None) -> None:
        self._failures = self._failures + 1 if turn is None or turn.held else 0
        await asyncio.sleep(pause_s(self._failures, lies_in_default=bool(turn and turn.missing)))


def pause_s(failures: int, *, lies_in_default: bool = False) -> float:
    """After so many turns in a row that gave up. To look for rows in a full default partition takes a while."""
    if not failures:
        return REST_S if lies_in_default else LOOK_S
    return BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] * (1 + random())  # noqa: S311 - jitter, no secret


def _report(turn: MakerTurn, missing: list[Month], now_ms: int) -> None:
    if turn.held is None:
        for month in missing:
            logger().warning("Deliveries of a month lie in the default partition", partition=month.name)
    elif turn.held.month.low - now_ms > SOON_MS:
        logger().info("Partition postponed", error=turn.held)
    else:
        days = max(0, turn.held.month.low - now_ms) // DAY_MS
        logger().error("Partition missing", days_left=days, error=turn.held)
