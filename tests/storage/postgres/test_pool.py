"""The pool's sessions: what they lose when their process stands still."""

import asyncio
import uuid
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import pytest

from engine.core.errors import RefusedError, UnreachableError
from storage.postgres import pool as postgres
from storage.postgres.connection import REFUSALS
from storage.postgres.pool import MOST_CONNECTIONS, Pool, open_pool, transaction


async def test_a_transaction_that_stands_still_lets_its_locks_go(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SESSION, "idle_in_transaction_session_timeout", "50")
    pool = await open_pool(database_url)
    async with pool.acquire() as still, pool.acquire() as successor:
        await still.execute("BEGIN")
        await still.execute("LOCK TABLE chats")
        await successor.execute("TRUNCATE chats")
        with pytest.raises(REFUSALS):
            await still.execute("COMMIT")
    await pool.close()


async def test_such_a_loss_is_raised_as_a_server_that_does_not_answer(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres._SESSION, "idle_in_transaction_session_timeout", "50")
    pool = await open_pool(database_url)
    with pytest.raises(UnreachableError, match="check DATABASE_URL"):
        await _stand_still(pool)
    await pool.close()


async def test_a_role_that_makes_no_temporary_functions_is_refused_with_the_mend(database_url: str) -> None:
    name, database = f"without_temporary_{uuid.uuid4().hex}", urlsplit(database_url).path.removeprefix("/")
    async with await open_pool(database_url) as pool:
        await pool.execute(f'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC; CREATE ROLE {name}')
        with pytest.raises(UnreachableError, match=r"run docs/access/postgres\.sql again"):
            await open_pool(f"{database_url}?options=-c%20role%3D{name}")
        await pool.execute(f"DROP ROLE {name}")


async def test_a_server_that_takes_no_writes_is_refused_with_the_mend(database_url: str) -> None:
    with pytest.raises(UnreachableError, match="name the primary in DATABASE_URL"):
        await open_pool(f"{database_url}?options=-c%20default_transaction_read_only%3Don")


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("SELECT $1::bigint", 2**70),
        ("SELECT $1::bigint", "words of a user"),
        ("SELECT $1::text", "words\x00of a user"),
        ("SELECT $1::text::jsonb", "words of a user"),
        ("SELECT $1::text::bigint", "words of a user"),
    ],
)
async def test_values_that_postgresql_refuses_are_told_as_such_and_not_quoted(
    pool: Pool, statement: str, value: object
) -> None:
    with pytest.raises(RefusedError, match="check DATABASE_URL") as refusal:
        async with transaction(pool) as connection:
            await connection.fetchval(statement, value)
    assert str(value)[:5] not in str(refusal.value)


@pytest.mark.parametrize(
    "statements",
    [
        "SELECT FROM nowhere",
        "SET LOCAL ROLE pg_monitor; SELECT FROM recovery_deliveries",
        "SET LOCAL statement_timeout = 1; SELECT pg_sleep(9)",
        "SET LOCAL transaction_read_only = on; DELETE FROM chats",
        "SELECT pg_terminate_backend(pg_backend_pid())",
    ],
)
async def test_what_may_be_otherwise_the_next_time_is_no_refusal_of_values(pool: Pool, statements: str) -> None:
    with pytest.raises(UnreachableError) as failure:
        async with transaction(pool) as connection:
            await connection.execute(statements)
    assert not isinstance(failure.value, RefusedError)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO bots (id) VALUES (1)",
        "INSERT INTO chats VALUES (1, 1), (1, 1)",
        "SELECT 'x'::jsonb",
        "SELECT 1 / 0",
    ],
)
async def test_a_broken_rule_of_the_tables_is_a_refusal_of_values(pool: Pool, statement: str) -> None:
    with pytest.raises(RefusedError):
        async with transaction(pool) as connection:
            await connection.execute(statement)


async def test_no_call_plans_a_statement_again(pool: Pool) -> None:
    async with pool.acquire() as connection:
        prepared = await connection.prepare("SELECT FROM bots WHERE id = $1")
        for bot_id in range(3):
            await prepared.fetch(bot_id)
        counts = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = $1"
        assert tuple(await connection.fetchrow(counts, prepared.get_name()) or ()) == (3, 0)


async def test_any_number_of_transactions_at_once_shares_a_bounded_number_of_connections(pool: Pool) -> None:
    async def counted() -> int:
        async with transaction(pool) as connection:
            return int(
                await connection.fetchval(
                    "SELECT count(*) FROM pg_stat_activity, pg_sleep(0.002) WHERE datname = current_database()"
                    " AND backend_type = 'client backend'"
                )
            )

    assert max(await asyncio.gather(*[counted() for _ in range(20 * MOST_CONNECTIONS)])) == MOST_CONNECTIONS


async def test_whoever_finds_every_connection_busy_is_told(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_ACQUIRE_S", 0.01)
    async with AsyncExitStack() as stack:
        for _ in range(MOST_CONNECTIONS):
            await stack.enter_async_context(pool.acquire())
        with pytest.raises(UnreachableError, match="no connection was free"):
            async with transaction(pool):
                raise AssertionError("every connection is busy")
    async with transaction(pool) as connection:
        assert await connection.fetchval("SELECT 1") == 1


async def _stand_still(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE chats")
        await pool.execute("TRUNCATE chats")
        await connection.execute("SELECT 1")
