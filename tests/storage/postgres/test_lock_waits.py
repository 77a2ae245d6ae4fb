"""The changes beside the running engine: each takes the lock that its line names, and waits no longer than that."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from engine.core.errors import HeldError
from storage import postgres
from storage.postgres import lock_waits, media, partitions
from storage.postgres.lock_waits import MOVE_DELIVERIES, PRUNE_MEDIA, WORKS, Work
from storage.postgres.maintenance import maintenance
from storage.postgres.partitions import make_ahead
from storage.postgres.pool import Connection, Pool
from tests.storage.postgres.readers import PATIENCE_S

DECEMBER_MS = 1_796_083_200_000
LATER_MS = DECEMBER_MS + 365 * 86_400_000
ROW = "INSERT INTO recovery_deliveries VALUES (1, 1, $1, 's', 'b', 0, 'sent', NULL, 1, 0, 1, 0)"
STRONG = ("ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
"""From the weakest that is in somebody's way."""
HELD = """
SELECT coalesce(c.relname, l.locktype) AS on, l.mode FROM pg_locks l LEFT JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.mode = ANY($1::text[])
  AND (l.locktype = 'advisory' OR c.relkind IN ('r', 'p') AND c.oid = ANY($2::oid[]))
"""
Seen = dict[Work, dict[str, str]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    """The locks of each work on tables that were there before it, as they are at its end."""
    found: Seen = {}

    @asynccontextmanager
    async def looked_at(pool: Pool, work: Work, what: str) -> AsyncIterator[Connection]:
        tables = [row["oid"] for row in await pool.fetch("SELECT oid FROM pg_class")]
        async with maintenance(pool, work, what) as connection:
            yield connection
            found[work] = await _held(connection, tables)
            assert await _milliseconds(connection, "lock_timeout") == work.wait_ms
            assert await _milliseconds(connection, "statement_timeout") == work.run_ms

    for module in (partitions, media):
        monkeypatch.setattr(module, "maintenance", looked_at)
    monkeypatch.setattr(partitions, "MOST_READ_LOCKED", -1)
    return found


async def _held(connection: Connection, tables: list[int]) -> dict[str, str]:
    rows = await connection.fetch(HELD, STRONG, tables)
    return {row["on"]: row["mode"] for row in sorted(rows, key=lambda row: STRONG.index(row["mode"]))}


async def _milliseconds(connection: Connection, name: str) -> int:
    return int(await connection.fetchval("SELECT setting FROM pg_settings WHERE name = $1", name))


async def test_each_work_takes_the_lock_that_it_names_and_no_other_in_anybodys_way(
    pool: Pool, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    await make_ahead(pool, DECEMBER_MS)
    monkeypatch.setattr(partitions, "MOST_READ_LOCKED", 1_000_000)
    await pool.execute(ROW, LATER_MS)
    await make_ahead(pool, LATER_MS)
    async with media.pruning(pool):
        pass
    for work in WORKS:
        others = {table: mode for table, mode in seen[work].items() if table not in (work.on, "advisory")}
        if work is MOVE_DELIVERIES:
            del others["recovery_deliveries_default"]  # whoever would wait for it waits for the whole table already
        assert seen[work][work.on] == work.lock
        assert set(others.values()) <= {STRONG[0]}, "nobody who reads or writes waits for the weakest of them"
    assert set(seen) == set(WORKS)


def test_nobody_waits_for_two_seconds_behind_one_of_them() -> None:
    assert all(work.wait_ms <= 2_000 for work in WORKS if work.lock != STRONG[0])
    assert all(work.run_ms <= 2_000 for work in WORKS if work.lock == "AccessExclusiveLock")
    assert {work for work in vars(lock_waits).values() if isinstance(work, Work)} == set(WORKS)


async def test_media_are_not_pruned_while_somebody_adds_some(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "PRUNE_MEDIA", PRUNE_MEDIA._replace(wait_ms=100))
    async with asyncio.timeout(PATIENCE_S):
        async with media.adding(pool):
            with pytest.raises(HeldError, match="another transaction"):
                async with media.pruning(pool):
                    pass
            connection = await asyncpg.connect(database_url)
            assert await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") == 0
            await connection.close()
        async with media.pruning(pool):
            pass


def test_whoever_locks_a_table_stands_in_the_table() -> None:
    """Statements that others wait for are in these files alone; a new one gets its line in `WORKS`."""
    words = re.compile(r"\b(ALTER|CREATE|DROP|LOCK|TRUNCATE|REINDEX|CLUSTER) TABLE\b|\bpg_(try_)?advisory|\bVACUUM\b")
    room = Path(postgres.__file__).parent
    files = [path for kind in ("py", "sql") for path in room.rglob(f"*.{kind}")]
    assert {path.name for path in files if words.search(path.read_text("utf-8"))} == {
        *("lock_waits.py", "media.py", "migrations.py", "partitions.py"),
    }
