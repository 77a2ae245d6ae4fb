"""Every migration beside a backup: it takes all its locks at once or gives up, and keeps none once it is done."""

import asyncio
import re
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, Final, NamedTuple

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, text

from engine.core.errors import HeldError, MigrationError, UnreachableError
from storage.postgres import migrations
from storage.postgres.lock_waits import WAIT_MS
from storage.postgres.migrations import downgrade, upgrade, with_connection
from storage.postgres.pool import Pool
from tests.storage.postgres.readers import PATIENCE_S, reading

REVISIONS = [script.revision for script in ScriptDirectory.from_config(migrations._config()).walk_revisions()][::-1]
FIRST, NEWEST = REVISIONS[0], REVISIONS[-1]
STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
"""The locks that a writer waits for."""
BUILT: Final = {
    "0003_sender": {"ix_incidents_open", "ix_recovery_deliveries_delete", "ix_recovery_deliveries_edit"},
    "0004_edits": {"ix_audit_log_bot_id_id"},
}
"""Indexes that were built under a lock before there was a rule against it. No later migration may add to these."""
ONLY_ADDS: Final = {"0012_numbers"}
"""Migrations that add tables and touch no other: going up, they wait for nobody."""
TABLES = """
SELECT c.relname, c.oid, c.relfilenode FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
HELD = f"""
SELECT DISTINCT c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.mode IN {STRONG} AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""
INDEXES = """
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE '%\\_default'
"""
GIVES_UP = r"a backup or a report \(pg_dump\) holds .* Run `python -m engine migrate`"
each_migration = pytest.mark.parametrize("number", range(1, len(REVISIONS)), ids=REVISIONS[1:])


class Step(NamedTuple):
    """What one migration did to the tables that were there before it, and its statements."""

    locked: set[str]
    rewritten: set[str]
    built: set[str]
    statements: list[str]


def _step(url: str, act: Callable[[Config], None]) -> Step:
    """Run one migration in a transaction that is still open when its locks are looked at."""
    steps: list[Step] = []
    with_connection(url, lambda connection: steps.append(_watched(act, connection)))
    return steps[0]


def _watched(act: Callable[[Config], None], connection: Connection) -> Step:
    said: list[str] = []
    files, indexes = _pairs(connection, TABLES), _pairs(connection, INDEXES)
    event.listen(connection, "before_cursor_execute", lambda *given: said.append(given[2]))
    migrations._act(act, connection)
    files_then, indexes_then = _pairs(connection, TABLES), _pairs(connection, INDEXES)
    same = {name for name, oid, *_ in files if (name, oid) in {one[:2] for one in files_then}}
    return Step(
        {name for (name,) in _pairs(connection, HELD)} & same - {"alembic_version"},
        {name for name, *_ in files - files_then} & same,
        {index for table, index, _ in indexes_then - indexes if table in same},
        [one for one in said if one.startswith(("SET", "LOCK", "ALTER", "CREATE", "DROP"))],
    )


def _pairs(connection: Connection, query: str) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in connection.execute(text(query))}


def _check_locks(step: Step) -> None:
    if step.locked:
        limit, lock, free = step.statements[:3]
        listed = re.fullmatch("LOCK TABLE (.*) IN ACCESS EXCLUSIVE MODE", lock)
        assert (limit, free) == (f"SET LOCAL statement_timeout = {WAIT_MS}", "SET LOCAL statement_timeout = 0")
        assert listed
        assert step.locked <= set(listed[1].split(", "))


@each_migration
def test_a_migration_takes_all_its_locks_in_its_first_statement(database_url: str, number: int) -> None:
    """Later ones would be waited for while it holds the earlier ones."""
    downgrade(database_url, REVISIONS[number])
    _check_locks(_step(database_url, partial(command.downgrade, revision=REVISIONS[number - 1])))
    downgrade(database_url, REVISIONS[number - 1])
    _check_locks(_step(database_url, partial(command.upgrade, revision=REVISIONS[number])))


@each_migration
def test_a_migration_rewrites_no_table_and_builds_no_index_on_one(database_url: str, number: int) -> None:
    """It would hold its locks for as long as that takes."""
    downgrade(database_url, REVISIONS[number - 1])
    step = _step(database_url, partial(command.upgrade, revision=REVISIONS[number]))
    assert step.rewritten == set()
    assert step.built == BUILT.get(REVISIONS[number], set())


@each_migration
async def test_a_migration_beside_a_backup_gives_up_and_passes_when_it_is_over(database_url: str, number: int) -> None:
    before, after = REVISIONS[number - 1], REVISIONS[number]
    for go, there, back in ((upgrade, after, before), (downgrade, before, after)):
        await asyncio.to_thread(downgrade if back == before else upgrade, database_url, back)
        waits = go is downgrade or after not in ONLY_ADDS
        async with asyncio.timeout(PATIENCE_S), reading(database_url, *await _tables(database_url)):
            with pytest.raises(HeldError, match=GIVES_UP) if waits else nullcontext():
                await asyncio.to_thread(go, database_url, there, 0)
        await asyncio.to_thread(go, database_url, there, 0)


async def _tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(TABLES)
    await connection.close()
    return [row["relname"] for row in rows]


async def test_the_engine_goes_on_while_a_migration_waits_for_a_backup(database_url: str, pool: Pool) -> None:
    """Between its tries nothing is locked; once the backup is over, the next try passes."""
    await asyncio.to_thread(downgrade, database_url, "0006_doubt")
    told: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        async with reading(database_url, *await _tables(database_url)):
            migrating = asyncio.create_task(asyncio.to_thread(upgrade, database_url, "head", PATIENCE_S, told.append))
            while not told:
                await pool.execute("UPDATE recovery_deliveries SET attempts = 1")
            await pool.execute("UPDATE bots SET pace = 1")
            assert await pool.fetchval("SELECT version_num FROM alembic_version") == "0006_doubt"
        await migrating
    assert "pg_dump" in told[0]
    assert "Trying again in" in told[0]
    assert await pool.fetchval("SELECT version_num FROM alembic_version") == NEWEST


async def test_a_migration_that_is_done_waits_for_no_backup(database_url: str) -> None:
    async with asyncio.timeout(PATIENCE_S), reading(database_url, *await _tables(database_url)):
        await asyncio.to_thread(upgrade, database_url, "head", 0)


async def test_two_migrations_at_once_do_each_step_once(database_url: str) -> None:
    await asyncio.to_thread(downgrade, database_url, FIRST)
    await asyncio.gather(*(asyncio.to_thread(upgrade, database_url, "head", PATIENCE_S) for _ in range(2)))
    await asyncio.to_thread(upgrade, database_url, "head", 0)


async def test_a_database_with_a_short_time_out_of_its_own_is_migrated(database_url: str, pool: Pool) -> None:
    """What others set for their statements is nothing that a migration has to keep."""
    await asyncio.to_thread(downgrade, database_url, FIRST)
    name = await pool.fetchval("SELECT current_database()")
    await pool.execute(f"ALTER DATABASE {name} SET statement_timeout = 1")
    await asyncio.to_thread(upgrade, database_url, "head", 0)


@pytest.mark.parametrize(
    ("stands_at", "wanted", "said"),
    [
        ("9999_later", "head", "9999_later"),
        (NEWEST, "nosuch", "nosuch"),
    ],
)
async def test_a_revision_that_this_code_does_not_know_is_refused_in_a_sentence(
    database_url: str, pool: Pool, stands_at: str, wanted: str, said: str
) -> None:
    await pool.execute("UPDATE alembic_version SET version_num = $1", stands_at)
    with pytest.raises(MigrationError, match=rf"{said}.*: deploy the code that knows it") as refused:
        await asyncio.to_thread(upgrade, database_url, wanted, 0)
    assert "\n" not in str(refused.value)


async def test_one_migration_ahead_is_left_as_it_is_so_that_a_deploy_can_go_back(database_url: str, pool: Pool) -> None:
    ahead, told = f"{int(NEWEST[:4]) + 1:04}_of_the_next_release", list[str]()
    await pool.execute("UPDATE alembic_version SET version_num = $1", ahead)
    await asyncio.to_thread(upgrade, database_url, "head", 0, told.append)
    assert told == ["The database is one migration ahead of this code, which runs with it: nothing was migrated."]
    assert await pool.fetchval("SELECT version_num FROM alembic_version") == ahead


async def test_a_statement_that_the_server_refuses_is_told_in_a_line(database_url: str, pool: Pool) -> None:
    await pool.execute("DROP TABLE key_holders; UPDATE alembic_version SET version_num = '0009_api_keys'")
    with pytest.raises(UnreachableError, match=r'migrated \(column "webhook_key" .* already exists\): ') as refused:
        await asyncio.to_thread(upgrade, database_url, "head", 0)
    assert "\n" not in str(refused.value)
