"""The tables: the migrations make what the code describes, and the database refuses what it must."""

import asyncio
from itertools import product
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from engine.core.delivery.state_machine import TRANSITIONS
from engine.core.errors import MigrationError
from storage.bundled import bundled
from storage.postgres.migrations import downgrade, upgrade
from storage.postgres.partitions import MONTHS_AHEAD, MOST_MOVED, make_ahead
from storage.postgres.pool import open_pool
from storage.postgres.revision import check_revision
from storage.postgres.schema import metadata

STATUSES = ("scheduled", "sending", "sent", "skipped", "failed", "unknown", "cancelled", "would_send")
ALLOWED = {(status, after) for (status, _), after in TRANSITIONS.items()}
CATALOGUE = """
WITH ours AS (
    SELECT oid, relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(:tables) AND relkind IN ('r', 'p'))
SELECT 'column', concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
    pg_get_expr(adbin, adrelid))
FROM ours JOIN pg_attribute ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
UNION ALL
SELECT 'constraint', concat_ws(' ', relname, conname, pg_get_constraintdef(c.oid))
FROM ours JOIN pg_constraint c ON conrelid = ours.oid
UNION ALL
SELECT 'index', replace(pg_get_indexdef(indexrelid), current_schema() || '.', '')
FROM ours JOIN pg_index ON indrelid = ours.oid
UNION ALL
SELECT 'partition', relname || ' ' || pg_get_partkeydef(ours.oid) FROM ours JOIN pg_partitioned_table ON partrelid = oid
"""
EVERYTHING = """
SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
UNION ALL SELECT proname || '()' FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT typname || '%' FROM pg_type WHERE typnamespace = 'public'::regnamespace
UNION ALL SELECT tgname || ' on ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT conname || ' on ' || conrelid::regclass FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
ROW = "INSERT INTO recovery_deliveries VALUES ($1, 1, 1, 's', 'b', 0, $2, NULL, $3, 0, 1, 0)"


async def test_the_migrated_schema_is_the_one_described(database_url: str) -> None:
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as connection:
        differences = await connection.run_sync(_differences)
    await engine.dispose()
    assert differences == []


def _differences(connection: Connection) -> list[Any]:
    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or (name or "") in metadata.tables

    context = MigrationContext.configure(connection, opts={"include_name": ours})
    return [found for found in compare_metadata(context, metadata) if found[0] != "remove_table"]


async def test_the_catalogue_is_the_same_for_both(database_url: str) -> None:
    """Beyond what Alembic compares: defaults, checks, the predicates of indexes, how a table is partitioned."""
    engine = create_async_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        migrated = await _catalogue(connection)
        await connection.execute(text("CREATE SCHEMA described"))
        await connection.execute(text("SET LOCAL search_path TO described"))
        await connection.run_sync(metadata.create_all, checkfirst=False)
        described = await _catalogue(connection)
    await engine.dispose()
    assert len(described) > 100
    assert migrated == described


async def _catalogue(connection: AsyncConnection) -> set[tuple[str, str]]:
    rows = await connection.execute(text(CATALOGUE), {"tables": list(metadata.tables)})
    return {(kind, said) for kind, said in rows}


def test_a_downgrade_leaves_nothing_behind_and_an_upgrade_works_again(database_url: str) -> None:
    first = asyncio.run(_everything(database_url))
    downgrade(database_url)
    left = asyncio.run(_everything(database_url))
    assert {name for name in left if "alembic_version" not in name} == set()
    upgrade(database_url)
    assert asyncio.run(_everything(database_url)) == first


def test_a_downgrade_drops_the_months_and_their_rows(database_url: str) -> None:
    asyncio.run(_make_months(database_url))
    downgrade(database_url)
    assert not [name for name in asyncio.run(_everything(database_url)) if "recovery" in name]


async def _make_months(url: str) -> None:
    pool = await open_pool(url)
    assert await make_ahead(pool, 1_796_083_200_000)
    await pool.execute(ROW.replace("1, 1, 's'", "1, 1796083200000, 's'"), 1, "sent", 1)
    await pool.close()


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = await _everything(database_url)
    await asyncio.to_thread(upgrade, database_url)
    assert await _everything(database_url) == before


async def _everything(url: str) -> set[str]:
    """All names in the database that are not PostgreSQL's own."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(EVERYTHING)
    await connection.close()
    return {row[0] for row in rows}


async def test_a_delivery_goes_only_where_the_table_of_transitions_says(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    passed = set()
    for chat, (before, after) in enumerate(product(STATUSES, STATUSES)):
        await connection.execute(ROW, chat, before, 1)
        try:
            await connection.execute(
                "UPDATE recovery_deliveries SET status = $1, version = 2 WHERE bot_id = $2", after, chat
            )
            passed.add((before, after))
        except asyncpg.CheckViolationError:
            pass
    await connection.close()
    assert passed == ALLOWED


def test_the_table_of_transitions_is_the_one_that_was_designed() -> None:
    assert {before: {after for start, after in ALLOWED if start == before} for before, _ in ALLOWED} == {
        "scheduled": {"scheduled", "sending", "skipped", "cancelled", "would_send"},
        "sending": {"sending", "scheduled", "sent", "failed", "cancelled", "unknown"},
        "unknown": {"sent", "failed"},
    }


@pytest.mark.parametrize("version", [4, 5])
async def test_a_sending_row_is_taken_over_by_a_newer_version_only(database_url: str, version: int) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(ROW, 1, "sending", 5)
    with pytest.raises(asyncpg.CheckViolationError, match="from sending to sending"):
        await connection.execute("UPDATE recovery_deliveries SET status = 'sending', version = $1", version)
    await connection.close()


async def test_the_transitions_hold_in_a_month_of_its_own_too(database_url: str) -> None:
    pool = await open_pool(database_url)
    await make_ahead(pool, 1_796_083_200_000)
    await pool.execute(ROW.replace("1, 1, 's'", "1, 1796083200000, 's'"), 1, "sent", 1)
    with pytest.raises(asyncpg.CheckViolationError, match="from sent to scheduled"):
        await pool.execute("UPDATE recovery_deliveries_2026_12 SET status = 'scheduled'")
    await pool.close()


async def test_a_status_that_nobody_knows_is_refused(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute(ROW, 1, "lost", 1)
    await connection.close()


async def test_an_episode_has_one_cursor_and_a_chat_one_open_episode(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(ROW, 1, "scheduled", 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(ROW.replace("'b', 0", "'c', 1"), 1, "sending", 1)
    episode = "INSERT INTO recovery_episodes VALUES (1, 1, $1, 1, 0)"
    await connection.execute(episode, 1)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute(episode, 2)
    await connection.close()


async def test_the_audit_and_published_versions_do_not_change(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO audit_log (at, actor, action) VALUES (1, 'ana', 'x')")
    await connection.execute("INSERT INTO bots (id, username, token, created_at) VALUES (1, 'b', '', 0)")
    await connection.execute("INSERT INTO recovery_versions VALUES (1, 1, 1, '{}', 0)")
    before = await connection.fetch("SELECT * FROM audit_log, recovery_versions")
    for statement in (
        "UPDATE audit_log SET actor = 'eva'",
        "DELETE FROM audit_log",
        "UPDATE recovery_versions SET layout = 2",
        "UPDATE recovery_versions SET document = '{}'",
    ):
        with pytest.raises(asyncpg.CheckViolationError, match="is append only"):
            await connection.execute(statement)
    assert await connection.fetch("SELECT * FROM audit_log, recovery_versions") == before
    await connection.close()


async def test_partitions_are_made_ahead_once_and_rows_land_in_them(database_url: str) -> None:
    pool = await open_pool(database_url)
    december_ms = 1_796_083_200_000  # 2026-12-01
    assert await make_ahead(pool, december_ms - 1) == [
        "recovery_deliveries_2026_11",
        "recovery_deliveries_2026_12",
        "recovery_deliveries_2027_01",
    ]
    assert len(await make_ahead(pool, december_ms)) == MONTHS_AHEAD - 1
    for episode in (december_ms - 1, december_ms):
        await pool.execute(ROW.replace("1, 1, 's'", f"1, {episode}, 's'"), 1, "sent", 1)
    rows = await pool.fetch("SELECT tableoid::regclass::text FROM recovery_deliveries ORDER BY episode_id")
    await pool.close()
    assert [row[0] for row in rows] == ["recovery_deliveries_2026_11", "recovery_deliveries_2026_12"]


async def test_a_month_with_many_rows_in_the_default_partition_stays_there(database_url: str) -> None:
    pool = await open_pool(database_url)
    rows = [(bot, "sent", 1) for bot in range(MOST_MOVED + 1)]
    await pool.executemany(ROW.replace("1, 1, 's'", "1, 1796083200000, 's'"), rows)
    made = await make_ahead(pool, 1_796_083_200_000)
    await pool.close()
    assert "recovery_deliveries_2026_12" not in made


def test_the_files_of_the_migrations_name_their_revisions_in_order() -> None:
    """So the processes that do not migrate do without Alembic."""
    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")))
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())
    files = sorted(path.stem for path in (bundled("migrations") / "versions").glob("*.py"))
    assert [script.revision for script in reversed(scripts)] == files
    assert [int(file.split("_", maxsplit=1)[0]) for file in files] == list(range(1, len(files) + 1))


def test_a_schema_behind_is_refused_and_one_ahead_is_served() -> None:
    with pytest.raises(MigrationError, match="engine migrate"):
        check_revision(None)
    with pytest.raises(MigrationError, match="engine migrate"):
        check_revision("0011_new_chats")
    check_revision("0012_numbers")
    check_revision("0013_of_the_next_release")
    with pytest.raises(MigrationError, match="newer code"):
        check_revision("0014_of_a_later_one")


@pytest.mark.parametrize("revision", ["1975ea83b712", "ae1027a6acf3", "12", "0013", "", "٠٠١٣_x"])
def test_a_database_of_another_program_is_refused_with_the_variable(revision: str) -> None:
    """The names that Alembic gives by itself begin with a digit, or with none."""
    with pytest.raises(MigrationError, match=r"another program's.*DATABASE_URL"):
        check_revision(revision)


def test_a_campaign_in_shadow_stops_in_a_schema_without_shadows(database_url: str) -> None:
    asyncio.run(_in_shadow(database_url))
    downgrade(database_url, "0001_first_light")
    assert asyncio.run(_state(database_url)) == "stopped"


def test_a_brace_of_a_text_is_still_a_brace_when_texts_become_templates(database_url: str) -> None:
    downgrade(database_url, "0002_shadow")
    asyncio.run(_draft_of_a_text(database_url, "Oi {you}"))
    upgrade(database_url)
    assert asyncio.run(_asked(database_url, "document #>> '{content,text}'")) == "Oi {{you}}"
    downgrade(database_url, "0002_shadow")
    assert asyncio.run(_asked(database_url, "content ->> 'text'")) == "Oi {you}"


async def _draft_of_a_text(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "WITH b AS (INSERT INTO bots (id, username, token, created_at) VALUES (1, 'b', '', 0)),"
        " c AS (INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms)"
        " VALUES (1, 'draft', 1, 'UTC', 1)), s AS (INSERT INTO recovery_steps (bot_id, key, position, schedule)"
        " VALUES (1, 's', 0, 'now')) INSERT INTO recovery_blocks (bot_id, step_key, key, position, kind, content)"
        " VALUES (1, 's', 'b', 0, 'text', jsonb_build_object('text', $1::text))",
        text,
    )
    await connection.close()


async def _asked(url: str, column: str) -> object:
    connection = await asyncpg.connect(url)
    said = await connection.fetchval(f"SELECT {column} FROM recovery_blocks")
    await connection.close()
    return said


async def _in_shadow(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("INSERT INTO bots (id, username, token, created_at) VALUES (1, 'b', '', 0)")
    await connection.execute(
        "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms)"
        " VALUES (1, 'shadow', 1, 'UTC', 1)"
    )
    await connection.close()


async def _state(url: str) -> object:
    connection = await asyncpg.connect(url)
    state = await connection.fetchval("SELECT state FROM recovery_campaigns")
    await connection.close()
    return state
