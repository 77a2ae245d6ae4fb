"""An ending waits for a report in progress, and cancels the delivery that the report has just planned as well."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.payments import Earning
from storage.postgres.pool import Pool, open_pool, transaction

BOT, CHAT = 7, 41
SILENCE = 1_800_000_000_000
BACK = SILENCE + 5_000
NOW = SILENCE + 9_000
Ender = Callable[[Pool], Awaitable[Any]]

_EPISODE = """
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at) VALUES ($1, $2, $3, 1, $3)
"""
_DELIVERY = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at) VALUES ($1, $2, $3, 'hello', $4, $5, $6, 1, 1, $3)
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        yield pool


async def flush(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await chats.flush(connection, [Life(BOT, CHAT, BACK)], NOW)


async def conclude(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await chats.conclude(connection, [(BOT, CHAT, False)], "opted_out", NOW)


async def earn(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await payments.earn(connection, [Earning(BOT, CHAT, BACK, skips=True, unsent=False)], NOW)


async def begin(pool: Pool) -> None:
    await begin_episodes(pool, [Beginning(BOT, CHAT, BACK, 2, 1, "hello", "one", NOW)], NOW)


async def somebody_waits(pool: Pool) -> None:
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while not await pool.fetchval(f"SELECT EXISTS ({waiting})"):  # noqa: ASYNC110 - another process waits
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("ender", [flush, conclude, earn, begin])
async def test_what_a_report_plans_meanwhile_is_cancelled(pool: Pool, ender: Ender) -> None:
    await pool.execute(_EPISODE, BOT, CHAT, SILENCE)
    await pool.execute(_DELIVERY, BOT, CHAT, SILENCE, "one", 0, "sending")
    async with transaction(pool) as reporter:
        await reporter.execute("SELECT 1 FROM recovery_episodes FOR UPDATE")
        await reporter.execute("UPDATE recovery_deliveries SET status = 'sent', sent_at = $1", NOW)
        await reporter.execute(_DELIVERY, BOT, CHAT, SILENCE, "two", 1, "scheduled")
        ending = asyncio.create_task(asyncio.wait_for(ender(pool), 20))
        await asyncio.wait_for(somebody_waits(pool), 20)
    await ending
    rows = await pool.fetch(
        "SELECT block_key, status FROM recovery_deliveries WHERE episode_id = $1 ORDER BY ordinal", SILENCE
    )
    assert [tuple(row) for row in rows] == [("one", "sent"), ("two", "cancelled")]
