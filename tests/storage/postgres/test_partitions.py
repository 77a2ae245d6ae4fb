"""Partitions of the deliveries: made beside a reader that never ends, and like those that PostgreSQL makes itself."""

import asyncio
import uuid
from datetime import UTC, datetime
from typing import cast

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import HeldError
from storage.postgres import partitions
from storage.postgres.partitions import (
    MONTHS_AHEAD,
    MOST_MOVED,
    HeldMonthError,
    Month,
    make_ahead,
    missing,
    months_from,
)
from storage.postgres.pool import Connection, Pool, open_pool
from tests.storage.postgres.readers import PATIENCE_S, reading

DECEMBER_MS = 1_796_083_200_000
JANUARY_MS = 1_798_761_600_000
ROW = "INSERT INTO recovery_deliveries VALUES ($1, 1, $2, 's', 'b', 0, 'sent', NULL, 1, 0, 1, 0)"
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted AND datname = current_database()
"""
CATALOGUE = """
SELECT 'column', to_jsonb(a) - '{attrelid}'::text[] || jsonb_build_object('default', pg_get_expr(adbin, adrelid))
FROM pg_attribute a LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = $1::regclass
UNION ALL
SELECT 'constraint', to_jsonb(c) - '{oid,conrelid,conindid,conbin}'::text[]
    || jsonb_build_object('definition', pg_get_constraintdef(oid))
    || CASE contype WHEN 'p' THEN '{"connoinherit": null}'::jsonb ELSE '{}' END  -- means nothing for a primary key
FROM pg_constraint c WHERE conrelid = $1::regclass
UNION ALL
SELECT 'index', to_jsonb(i) - '{indexrelid,indrelid,indexprs,indpred}'::text[]
    || jsonb_build_object('definition', pg_get_indexdef(indexrelid), 'parent',
        (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = indexrelid))
FROM pg_index i WHERE indrelid = $1::regclass
UNION ALL
SELECT 'trigger', to_jsonb(t) - '{oid,tgrelid}'::text[] FROM pg_trigger t WHERE tgrelid = $1::regclass
UNION ALL
SELECT 'statistics', to_jsonb(s) - '{oid,stxrelid}'::text[] FROM pg_statistic_ext s WHERE stxrelid = $1::regclass
UNION ALL
SELECT 'parent', to_jsonb(i) - '{inhrelid}'::text[] FROM pg_inherits i WHERE inhrelid = $1::regclass
UNION ALL
SELECT 'table', to_jsonb(c) - '{oid,reltype,relfilenode,reltoastrelid,relfrozenxid,relminmxid}'::text[]
    || jsonb_build_object('relpartbound', pg_get_expr(relpartbound, oid))
FROM pg_class c WHERE oid = $1::regclass
"""


async def test_a_reader_that_never_ends_does_not_stop_the_deliveries(database_url: str, pool: Pool) -> None:
    async with reading(database_url, "recovery_deliveries"), asyncio.timeout(PATIENCE_S):
        making = asyncio.create_task(make_ahead(pool, DECEMBER_MS))
        while not making.done():
            await pool.execute(ROW, 1, DECEMBER_MS - 1)
            await pool.execute("DELETE FROM recovery_deliveries")
        with pytest.raises(HeldError, match=r"_2026_12 was not made: a backup or a report \(pg_dump\) holds a table"):
            await making
        assert await pool.fetchval(WAITING) == 0
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1


async def test_what_was_not_made_leaves_nothing_behind(database_url: str, pool: Pool) -> None:
    before = await pool.fetch("SELECT relname FROM pg_class ORDER BY relname")
    async with reading(database_url, "recovery_deliveries"), asyncio.timeout(PATIENCE_S):
        with pytest.raises(HeldError):
            await make_ahead(pool, DECEMBER_MS)
    assert await pool.fetch("SELECT relname FROM pg_class ORDER BY relname") == before


@pytest.mark.parametrize("table", ["recovery_episodes", "chats", "bots", "media"])
async def test_a_reader_of_another_table_is_in_nobodys_way(database_url: str, pool: Pool, table: str) -> None:
    async with reading(database_url, table), asyncio.timeout(PATIENCE_S):
        assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1


@pytest.mark.parametrize("mode", ["ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE"])
async def test_whatever_somebody_holds_the_maker_gives_up(database_url: str, pool: Pool, mode: str) -> None:
    async with reading(database_url, "recovery_deliveries", mode=mode), asyncio.timeout(PATIENCE_S):
        with pytest.raises(HeldError):
            await make_ahead(pool, DECEMBER_MS)
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1


async def test_a_partition_is_like_one_that_postgresql_makes(pool: Pool) -> None:
    await pool.execute("CREATE ROLE reports_of_partitions")
    await pool.execute("GRANT SELECT ON recovery_deliveries TO reports_of_partitions")
    [name] = (await make_ahead(pool, DECEMBER_MS))[:1]
    ours = await _catalogue(pool, name)
    await pool.execute(f"DROP TABLE {name}")
    await pool.execute(
        f"CREATE TABLE {name} PARTITION OF recovery_deliveries FOR VALUES FROM ({DECEMBER_MS}) TO ({JANUARY_MS})"
    )
    theirs = await _catalogue(pool, name)
    await pool.execute("DROP OWNED BY reports_of_partitions; DROP ROLE reports_of_partitions")
    assert len(ours) > 40
    assert ours == theirs


async def _catalogue(pool: Pool, table: str) -> list[tuple[str, str]]:
    return sorted((kind, said) for kind, said in await pool.fetch(CATALOGUE, table))


async def test_two_makers_at_once_make_each_month_once(pool: Pool) -> None:
    made = await asyncio.gather(make_ahead(pool, DECEMBER_MS), make_ahead(pool, DECEMBER_MS))
    assert len([*made[0], *made[1]]) == len({*made[0], *made[1]})
    await make_ahead(pool, DECEMBER_MS)
    assert await missing(pool, DECEMBER_MS) == []


async def test_a_month_that_lies_in_the_default_partition_does_not_hold_up_the_next(pool: Pool) -> None:
    await pool.executemany(ROW, [(bot, DECEMBER_MS) for bot in range(MOST_MOVED + 1)])
    assert await make_ahead(pool, DECEMBER_MS) == ["recovery_deliveries_2027_01", "recovery_deliveries_2027_02"]
    assert [month.name for month in await missing(pool, DECEMBER_MS)] == ["recovery_deliveries_2026_12"]


async def test_not_even_one_row_moves_out_of_a_big_default_partition(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To find it takes too long under the lock."""
    monkeypatch.setattr(partitions, "MOST_READ_LOCKED", 0)
    await pool.execute(ROW, 1, DECEMBER_MS)
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD
    assert [month.name for month in await missing(pool, DECEMBER_MS)] == ["recovery_deliveries_2026_12"]


@pytest.mark.parametrize(("at_ms", "name"), [(JANUARY_MS - 1, "2026_12"), (JANUARY_MS, "2027_01")])
async def test_a_few_rows_that_came_before_their_partition_move_into_it(pool: Pool, at_ms: int, name: str) -> None:
    """Of the month that it is, or of one to come; those of other months stay where they are."""
    await pool.executemany(ROW, [(bot, at_ms) for bot in range(MOST_MOVED)])
    await pool.executemany(ROW, [(1, DECEMBER_MS - 1), (2, JANUARY_MS + 90 * 86_400_000)])
    before = await pool.fetch("SELECT d FROM recovery_deliveries d ORDER BY bot_id, episode_id")
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1
    assert await pool.fetch("SELECT d FROM recovery_deliveries d ORDER BY bot_id, episode_id") == before
    assert await pool.fetchval(f"SELECT count(*) FROM recovery_deliveries_{name}") == MOST_MOVED
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries_default") == 2


async def test_rows_do_not_move_while_somebody_holds_one_of_them(pool: Pool) -> None:
    """They move when the holder is done, and nothing is lost or there twice."""
    await pool.execute(ROW, 1, DECEMBER_MS)
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("UPDATE recovery_deliveries SET crossed = true")
        with pytest.raises(HeldError):
            await make_ahead(pool, DECEMBER_MS)
    assert len(await make_ahead(pool, DECEMBER_MS)) == MONTHS_AHEAD + 1
    assert await pool.fetchval("SELECT bool_and(crossed) FROM recovery_deliveries_2026_12")
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 1


@pytest.mark.parametrize(
    "kind", ["TABLE recovery_deliveries_2026_12 ()", "VIEW recovery_deliveries_2026_12 AS SELECT 1"]
)
async def test_another_table_with_the_name_of_a_month_is_told_and_holds_up_no_other(pool: Pool, kind: str) -> None:
    await pool.execute(f"CREATE {kind}")
    with pytest.raises(HeldMonthError, match=r"_2026_12 was not made: a table with this name .*: attach or rename it"):
        await make_ahead(pool, DECEMBER_MS)
    assert [month.name for month in await missing(pool, DECEMBER_MS)] == ["recovery_deliveries_2026_12"]


async def test_whatever_the_server_refuses_is_told_with_its_month(database_url: str, pool: Pool) -> None:
    """The loop says it louder as the month comes near."""
    name = f"without_create_{uuid.uuid4().hex}"
    await pool.execute(f"CREATE ROLE {name}")
    await pool.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    lesser = await open_pool(f"{database_url}?options=-c%20role%3D{name}")
    with pytest.raises(HeldMonthError, match="permission denied") as refused:
        await make_ahead(lesser, DECEMBER_MS)
    await lesser.close()
    await pool.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")
    assert refused.value.month.low == DECEMBER_MS


class OneConnection:
    """Lends the same connection again and again, so that all that the server says can be heard."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def acquire(self, **_: float) -> Connection:
        return self._connection

    async def release(self, connection: Connection) -> None:
        assert connection is self._connection


@pytest.mark.parametrize("most_read_locked", [0, partitions.MOST_READ_LOCKED])
async def test_a_big_default_partition_is_not_read_under_its_lock(
    database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch, most_read_locked: int
) -> None:
    """PostgreSQL says by itself whether it need not read: the constraint implies what it would look for."""
    monkeypatch.setattr(partitions, "MOST_READ_LOCKED", most_read_locked)
    await pool.execute(ROW, 1, DECEMBER_MS - 1)
    said: list[str] = []
    connection = await asyncpg.connect(database_url, server_settings={"client_min_messages": "debug1"})
    connection.add_log_listener(lambda _, message: said.append(message.message))
    assert len(await make_ahead(cast("Pool", OneConnection(connection)), DECEMBER_MS)) == MONTHS_AHEAD + 1
    await connection.close()
    implied = [line for line in said if "default partition" in line and "is implied by existing constraints" in line]
    assert len(implied) == (MONTHS_AHEAD if most_read_locked == 0 else 0)
    assert await pool.fetchval("SELECT count(*) FROM pg_constraint WHERE conname = 'excluded_month'") == 0


async def test_an_exclusion_that_a_killed_maker_left_behind_goes_with_the_next_partition(pool: Pool) -> None:
    _, january, _ = months_from(DECEMBER_MS)
    await partitions._exclude(pool, january)
    with pytest.raises(asyncpg.CheckViolationError, match="excluded_month"):
        await pool.execute(ROW, 1, JANUARY_MS)
    await make_ahead(pool, DECEMBER_MS)
    await pool.execute(ROW, 1, JANUARY_MS)
    assert await pool.fetchval("SELECT count(*) FROM pg_constraint WHERE conname = 'excluded_month'") == 0


@pytest.mark.parametrize("early_ms", [partitions.EXCLUDED_AHEAD_MS, 1, 0])
async def test_an_exclusion_goes_before_its_month_even_if_no_partition_can_be_made(pool: Pool, early_ms: int) -> None:
    """Otherwise it would refuse the month's rows, and stop the sending."""
    _, january, _ = months_from(DECEMBER_MS)
    await partitions._exclude(pool, january)
    await pool.execute("CREATE TABLE recovery_deliveries_2027_01 ()")
    with pytest.raises(HeldMonthError):
        await make_ahead(pool, JANUARY_MS - early_ms)
    await pool.execute(ROW, 1, JANUARY_MS)


@pytest.mark.parametrize("days", [0, 6])
async def test_a_month_that_is_near_is_never_excluded(pool: Pool, monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Its rows may come at any time, and the constraint would refuse them."""
    monkeypatch.setattr(partitions, "MOST_READ_LOCKED", -1)
    monkeypatch.setattr(partitions, "_exclude", _refuse)
    monkeypatch.setattr(partitions, "MONTHS_AHEAD", 0 if days == 0 else 1)
    now_ms = JANUARY_MS - days * 86_400_000
    assert await make_ahead(pool, now_ms)


async def _refuse(_: Pool, month: Month) -> None:
    raise AssertionError(month)


moments = st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside them


@given(moments)
def test_the_months_tile_the_time_from_now_on(moment: datetime) -> None:
    now_ms = int(moment.timestamp() * 1000)
    months = months_from(now_ms)
    assert len(months) == MONTHS_AHEAD + 1
    assert months[0].low <= now_ms < months[0].high
    assert [month.high for month in months[:-1]] == [month.low for month in months[1:]]
    assert months[0].name == f"recovery_deliveries_{moment:%Y_%m}"
