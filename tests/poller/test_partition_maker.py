"""The loop that makes the partitions of the months to come: in one process, beside readers, loud when it is late."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from engine.poller.partition_maker import BACKOFF_S, LOOK_S, REST_S, SOON_MS, PartitionMaker, pause_s
from engine.runtime import metrics
from engine.runtime.server_clock import ServerClock
from storage.postgres.partitions import MONTHS_AHEAD, MOST_MOVED, make_ahead
from storage.postgres.pool import Pool
from tests.storage.postgres.readers import PATIENCE_S, reading

DECEMBER_MS = 1_796_083_200_000
MARCH_MS = 1_803_859_200_000
ROWS = """
INSERT INTO recovery_deliveries
SELECT g, 1, $1, 's', 'b', 0, 'sent', NULL, 1, 0, 1, 0 FROM generate_series(1, $2::int) g
"""


def maker(pool: Pool, now_ms: int = DECEMBER_MS, *, ours: bool = True) -> PartitionMaker:
    return PartitionMaker(pool, ServerClock(now_ms, lambda: 0.0), lambda: ours)


def months_ahead() -> float:
    [sample] = next(iter(metrics.months_ahead.collect())).samples
    return sample.value


async def test_what_is_missing_is_made_once(pool: Pool) -> None:
    assert len((await maker(pool).run_once()).made) == MONTHS_AHEAD + 1
    assert (await maker(pool).run_once()).made == []
    assert months_ahead() == MONTHS_AHEAD


async def test_another_process_makes_them(pool: Pool) -> None:
    assert (await maker(pool, ours=False).run_once()).made == []
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1


@pytest.mark.parametrize(
    ("early_ms", "level", "event"),
    [
        (SOON_MS + 1, "info", "Partition postponed"),
        (SOON_MS, "error", "Partition missing"),
        (1, "error", "Partition missing"),
    ],
)
async def test_a_reader_in_the_way_is_named_and_louder_as_the_month_comes_near(
    database_url: str, pool: Pool, early_ms: int, level: str, event: str
) -> None:
    """The partitions are there for December to February, and it is a little before March begins."""
    await make_ahead(pool, DECEMBER_MS)
    async with reading(database_url, "recovery_deliveries"), asyncio.timeout(PATIENCE_S):
        with capture_logs() as said:
            turn = await maker(pool, MARCH_MS - early_ms).run_once()
    assert turn.held is not None
    assert [(line["log_level"], line["event"]) for line in said] == [(level, event)]
    assert "pg_dump" in str(said[0]["error"])
    assert months_ahead() == 0


async def test_a_month_in_the_default_partition_is_told_and_looked_at_less_often(pool: Pool) -> None:
    await pool.execute(ROWS, DECEMBER_MS, MOST_MOVED + 1)
    with capture_logs() as said:
        turn = await maker(pool).run_once()
    assert [month.name for month in turn.missing] == ["recovery_deliveries_2026_12"]
    assert said == [
        {
            "log_level": "warning",
            "event": "Deliveries of a month lie in the default partition",
            "partition": "recovery_deliveries_2026_12",
        }
    ]
    assert months_ahead() == MONTHS_AHEAD


@given(st.integers(1, 10_000))
def test_the_pauses_grow_to_a_bound_and_differ(failures: int) -> None:
    least = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1]
    assert least <= pause_s(failures) <= 2 * least <= 2 * BACKOFF_S[-1]
    assert len({pause_s(failures) for _ in range(3)}) > 1


def test_a_turn_that_finds_everything_in_place_is_followed_by_a_rest() -> None:
    assert (pause_s(0), pause_s(0, lies_in_default=True)) == (LOOK_S, REST_S)
