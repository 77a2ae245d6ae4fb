"""Listeners hear of a change when it is committed, and of nothing that was rolled back."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from engine.core.change import Change
from storage.postgres import audit, campaigns
from storage.postgres.pool import Pool, open_pool, transaction

CHANGE = Change("ana", 1_000)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        yield pool


@pytest.fixture
async def heard(database_url: str) -> AsyncIterator[asyncio.Queue[str]]:
    told: asyncio.Queue[str] = asyncio.Queue()
    connection = await asyncpg.connect(database_url)
    await connection.add_listener(audit.CHANNEL, lambda *said: told.put_nowait(str(said[-1])))
    yield told
    await connection.close()


async def record(pool: Pool, bot_id: int | None) -> None:
    async with transaction(pool) as connection:
        await audit.record(connection, CHANGE, bot_id, "bot.add", None, audit.state(status="active"))


async def next_word(heard: asyncio.Queue[str]) -> str:
    async with asyncio.timeout(30):
        return await heard.get()


async def test_a_change_is_announced_with_its_bot_or_with_nothing_for_all(
    pool: Pool, heard: asyncio.Queue[str]
) -> None:
    await record(pool, 7)
    assert await next_word(heard) == "7"
    async with transaction(pool) as connection:
        await campaigns.set_emergency_stop(connection, CHANGE, engaged=True)
    assert await next_word(heard) == ""


async def test_a_change_that_was_rolled_back_is_not_announced(pool: Pool, heard: asyncio.Queue[str]) -> None:
    async with pool.acquire() as connection:
        taken_back = connection.transaction()
        await taken_back.start()
        await audit.record(connection, CHANGE, 7, "bot.add", None, None)
        await taken_back.rollback()
    await record(pool, 8)
    assert await next_word(heard) == "8"
    assert await pool.fetchval("SELECT array_agg(bot_id) FROM audit_log") == [8]


async def test_a_line_says_who_did_what_when_and_the_states_before_and_after(pool: Pool) -> None:
    await record(pool, 7)
    row = await pool.fetchrow("SELECT at, actor, bot_id, action, before, after::text FROM audit_log")
    assert row
    assert tuple(row) == (1_000, "ana", 7, "bot.add", None, '{"status": "active"}')
