"""The pool's sessions: what they lose when their process stands still."""

import pytest

from engine.core.errors import UnreachableError
from storage.postgres import pool as postgres
from storage.postgres.connection import REFUSALS
from storage.postgres.pool import Pool, open_pool, transaction


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
async def test_what_postgresql_refuses_is_not_quoted(pool: Pool, statement: str, value: object) -> None:
    with pytest.raises(UnreachableError, match="check DATABASE_URL") as refusal:
        async with transaction(pool) as connection:
            await connection.fetchval(statement, value)
    assert str(value)[:5] not in str(refusal.value)


async def _stand_still(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE chats")
        await pool.execute("TRUNCATE chats")
        await connection.execute("SELECT 1")
