"""A listener hears of each change when it is committed, and learns when notifications stop."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.core.change import Change
from engine.core.errors import UnreachableError
from storage.postgres import audit, config_listener
from storage.postgres.pool import Pool, open_pool, transaction

BOT = 7


class Ear:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.heard: asyncio.Queue[None] = asyncio.Queue()
        self.listening = asyncio.create_task(config_listener.follow(pool, lambda: self.heard.put_nowait(None)))

    async def hears(self) -> None:
        await asyncio.wait_for(self.heard.get(), 10)


@pytest.fixture
async def ear(database_url: str) -> AsyncIterator[Ear]:
    pool = await open_pool(database_url)
    ear = Ear(pool)
    await ear.hears()
    yield ear
    ear.listening.cancel()
    await asyncio.gather(ear.listening, return_exceptions=True)
    await pool.close()


async def test_a_change_is_heard_when_it_is_committed(ear: Ear) -> None:
    async with transaction(ear.pool) as connection:
        await audit.record(connection, Change("test", 1), BOT, "campaign.draft", None, None)
        await ear.pool.fetchval("SELECT 1")
        assert ear.heard.empty()
    await ear.hears()


async def test_a_change_that_is_rolled_back_is_not_heard(ear: Ear) -> None:
    async with ear.pool.acquire() as connection:
        taken_back = connection.transaction()
        await taken_back.start()
        await audit.record(connection, Change("test", 1), BOT, "campaign.draft", None, None)
        await taken_back.rollback()
    async with transaction(ear.pool) as connection:
        await audit.record(connection, Change("test", 1), None, "emergency_stop", None, None)
    await ear.hears()
    assert ear.heard.empty()


async def test_a_lost_connection_is_raised(ear: Ear) -> None:
    await ear.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(UnreachableError, match="reports no changes"):
        await asyncio.wait_for(ear.listening, 10)
