"""The tables: what the migrations make is what the code describes, and what the database refuses by itself."""

import asyncio
from itertools import product
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from engine.core.errors import MigrationError
from engine.core.sequence import TRANSITIONS
from storage.migrations import check_revision, downgrade, upgrade
from storage.partitions import MONTHS_AHEAD, make_ahead
from storage.postgres import open_pool
from storage.schema import metadata

STATUSES = ("scheduled", "sending", "sent", "skipped", "failed", "unknown", "cancelled", "would_send")
ALLOWED = {(status, after) for (status, _), after in TRANSITIONS.items()}
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


def test_down_leaves_nothing_behind_and_up_again_works(database_url: str) -> None:
    downgrade(database_url)
    assert asyncio.run(_relations(database_url)) == {"alembic_version"}
    upgrade(database_url)
    assert "recovery_deliveries" in asyncio.run(_relations(database_url))


async def _relations(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    functions = await connection.fetch(
        "SELECT proname FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'"
    )
    await connection.close()
    return {row[0] for row in (*rows, *functions)}


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


async def test_a_sending_row_is_taken_over_by_a_newer_version_only(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(ROW, 1, "sending", 5)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE recovery_deliveries SET status = 'sending', version = 5")
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
    for statement in (
        "UPDATE audit_log SET actor = 'eva'",
        "DELETE FROM audit_log",
        "UPDATE recovery_versions SET layout = 2",
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(statement)
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


async def test_a_month_with_rows_in_the_default_partition_stays_there(database_url: str) -> None:
    pool = await open_pool(database_url)
    await pool.execute(ROW.replace("1, 1, 's'", "1, 1796083200000, 's'"), 1, "sent", 1)
    made = await make_ahead(pool, 1_796_083_200_000)
    await pool.close()
    assert "recovery_deliveries_2026_12" not in made


def test_a_schema_behind_is_refused_and_one_ahead_is_served() -> None:
    with pytest.raises(MigrationError, match=r"engine\.migrate"):
        check_revision(None)
    check_revision("0001_first_light")
    check_revision("0002_of_the_next_release")
    with pytest.raises(MigrationError, match="newer code"):
        check_revision("0003_of_a_later_one")
