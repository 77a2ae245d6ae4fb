"""A sequence across a month's and a year's end: its deliveries belong to the month in which its silence began.

Whether that month's partition is there in time, or comes late, the sequence goes on, and nothing is lost or twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from engine.core.delivery.cursor import Cursor
from storage.postgres import partitions
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.claim import claim_deliveries
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.partitions import Month, make_ahead
from storage.postgres.pool import Connection, Pool
from tests.storage.postgres.deliveries.one_chat import BOT, claiming
from tests.storage.postgres.readers import PATIENCE_S

DAY_MS = 86_400_000
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
ENDS = {
    "a month's": datetime(2027, 2, 28, 23, 59, 59, 999_000, tzinfo=UTC),
    "a leap year's February": datetime(2028, 2, 29, 23, 59, 59, 999_000, tzinfo=UTC),
    "a year's": datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    "the last second of 32 bits": datetime(2038, 1, 19, 3, 14, 7, 999_000, tzinfo=UTC),
    "a century's": datetime(2099, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
}
STEPS = ("today", "tomorrow", "after 400 days")
WAITS_MS = (0, DAY_MS, 400 * DAY_MS)


class People:
    """`count` chats of a bot that fell silent in the last moment before the end."""

    def __init__(self, pool: Pool, silent_ms: int, count: int) -> None:
        self.pool = pool
        self.silent_ms = silent_ms
        self.chats = range(1, count + 1)

    async def begin(self) -> None:
        wanted = [Beginning(BOT, chat, self.silent_ms, 1, 1, STEPS[0], "one", self.silent_ms) for chat in self.chats]
        await begin_episodes(self.pool, wanted, self.silent_ms)

    async def claim(self, place: int) -> None:
        wanted = [claiming(place + 2, self._cursor(place), chat_id=chat) for chat in self.chats]
        found = await claim_deliveries(self.pool, wanted, self._at_ms(place))
        assert {(one.taken, one.status) for one in found} == {(True, "sending")}

    async def report(self, place: int) -> None:
        last = place + 1 == len(STEPS)
        follows = (
            {"end": "completed"} if last else {"next": self._cursor(place + 1), "next_due_ms": self._at_ms(place + 1)}
        )
        reports = [
            Report(BOT, chat, self._cursor(place), place + 2, status="sent", fact=True, **follows)
            for chat in self.chats
        ]
        reported = await report_outcomes(self.pool, reports, self._at_ms(place))
        assert {one.status for one in reported} == {"sent"}

    def _at_ms(self, place: int) -> int:
        return self.silent_ms + sum(WAITS_MS[: place + 1])

    def _cursor(self, place: int) -> Cursor:
        return Cursor(self.silent_ms, place, STEPS[place], "one", place)


async def _whole(pool: Pool) -> list[tuple[str, str, int]]:
    rows = await pool.fetch(
        "SELECT step_key, status, count(*) FROM recovery_deliveries GROUP BY step_key, status ORDER BY step_key"
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize("late", [1, 4])
@pytest.mark.parametrize("end", ENDS)
async def test_a_sequence_goes_on_across_the_end_whenever_its_partition_comes(pool: Pool, end: str, late: int) -> None:
    """It comes after this number of statements: while the deliveries wait, or while they are sent."""
    people = People(pool, int(ENDS[end].timestamp() * 1000), 3)
    moves: list[Callable[[], Awaitable[None]]] = [people.begin]
    for place in range(len(STEPS)):
        moves += [partial(people.claim, place), partial(people.report, place)]
    for number, move in enumerate(moves):
        if number == late:
            await make_ahead(pool, people.silent_ms)
        await move()
    month = f"recovery_deliveries_{ENDS[end]:%Y_%m}"
    assert await pool.fetchval(f"SELECT count(*) FROM {month}") == 9
    assert await _whole(pool) == sorted((step, "sent", 3) for step in STEPS)
    assert await pool.fetchval("SELECT count(*) FROM recovery_episodes WHERE reason = 'completed'") == 3


@pytest.mark.parametrize("deed", ["claim", "report"])
async def test_what_waits_while_rows_move_finds_them(pool: Pool, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    people = People(pool, int(ENDS["a year's"].timestamp() * 1000), 3)
    await people.begin()
    if deed == "report":
        await people.claim(0)
    move, waiting = partitions._move, list[asyncio.Task[None]]()

    async def moves_while_somebody_waits(connection: Connection, month: Month) -> None:
        await move(connection, month)
        waiting.append(asyncio.create_task(people.claim(0) if deed == "claim" else people.report(0)))
        async with asyncio.timeout(PATIENCE_S):
            while not await pool.fetchval(WAITING):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0)

    monkeypatch.setattr(partitions, "_move", moves_while_somebody_waits)
    await make_ahead(pool, people.silent_ms)
    await waiting[0]
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries_default") == 0
