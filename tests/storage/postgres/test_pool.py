"""The pool's sessions: what they lose when their process stands still."""

import pytest

from engine.core.errors import UnreachableError
from storage.postgres import pool as postgres
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
        with pytest.raises(postgres.REFUSALS):
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


async def _stand_still(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE chats")
        await pool.execute("TRUNCATE chats")
        await connection.execute("SELECT 1")
