"""Whatever changes the deliveries of many people locks their episodes first, in the order of their keys.

Two statements that do so never wait for each other in a circle, whatever each of them changes afterwards.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

import pytest
from asyncpg import LockNotAvailableError

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Move, Published, Waiting
from storage.postgres import chats, message_sweeps, payments, replans
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.reap import Stuck, reap_deliveries
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.message_sweeps import Leftover, Swept
from storage.postgres.payments import Earning
from storage.postgres.pool import Pool
from storage.postgres.replans import Job
from tests.storage.postgres.readers import PATIENCE_S

BOT, EPISODE, NOW = 7, 1_800_000_000_000, 1_800_000_060_000
CHATS: Final = (1, 2, 3, 4)
SHUFFLED: Final = (3, 1, 4, 2)
ROWS: Final = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0);
INSERT INTO chats (bot_id, chat_id, last_active) SELECT 7, g, 0 FROM generate_series(1, 4) g;
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
SELECT 7, g, 1800000000000, 1, 0 FROM generate_series(1, 4) g;
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at)
SELECT 7, g, 1800000000000, 'hello', 'one', 0, 'sending', 10, 1, 0 FROM generate_series(1, 4) g;
"""
HOLD: Final = "SELECT FROM recovery_episodes WHERE chat_id = $1 FOR UPDATE"
FREE: Final = {
    "episode": "SELECT FROM recovery_episodes WHERE chat_id = $1 FOR UPDATE NOWAIT",
    "delivery": "SELECT FROM recovery_deliveries WHERE chat_id = $1 FOR UPDATE NOWAIT",
}
WAITING: Final = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def _cursor(chat: int) -> Cursor:  # noqa: ARG001 - all of them stand at the same place
    return Cursor(EPISODE, 0, "hello", "one", 1)


def _leftover(chat: int) -> Leftover:
    return Leftover(BOT, chat, EPISODE, "hello", "one", (1,), 1, None, None, None, None)


async def _flush(pool: Pool, people: Sequence[int]) -> object:
    async with pool.acquire() as connection:
        return await chats.flush(connection, [Life(BOT, chat, NOW) for chat in people], NOW)


async def _conclude(pool: Pool, people: Sequence[int]) -> object:
    async with pool.acquire() as connection:
        return await chats.conclude(connection, [(BOT, chat, False) for chat in people], "stopped", NOW)


async def _earn(pool: Pool, people: Sequence[int]) -> object:
    async with pool.acquire() as connection:
        earnings = [Earning(BOT, chat, NOW, skips=True, unsent=False) for chat in people]
        return await payments.earn(connection, earnings, NOW)


CHANGES: Final[dict[str, Callable[[Pool, Sequence[int]], Awaitable[object]]]] = {
    "begin": lambda pool, people: begin_episodes(
        pool, [Beginning(BOT, chat, NOW, 11, 1, "hello", "one", NOW) for chat in people], NOW
    ),
    "claim": lambda pool, people: claim_deliveries(
        pool,
        [Claiming(BOT, chat, _cursor(chat), 11, 1, marked=False, wish=True, skip_paid=True) for chat in people],
        NOW,
    ),
    "report": lambda pool, people: report_outcomes(
        pool, [Report(BOT, chat, _cursor(chat), 10, status="sent", fact=True) for chat in people], NOW
    ),
    "reap": lambda pool, people: reap_deliveries(
        pool, [Stuck(BOT, chat, EPISODE, "hello", "one", 10) for chat in people]
    ),
    "note a sweep": lambda pool, people: message_sweeps.note(
        pool, [Swept(_leftover(chat), None) for chat in people], NOW
    ),
    "replan": lambda pool, people: replans.apply(
        pool,
        Job(1, BOT, Published(), NOW),
        [(Waiting(chat, _cursor(chat), 10, 0, None, ()), Move(_cursor(chat), 1, 1, None)) for chat in people],
    ),
    "flush": _flush,
    "conclude": _conclude,
    "earn": _earn,
}


@pytest.mark.parametrize("change", CHANGES)
async def test_the_episodes_come_first_and_in_the_order_of_their_keys(pool: Pool, change: str) -> None:
    """Somebody holds the third episode: by then the first two are taken, the fourth is not, and no delivery is."""
    await pool.execute(ROWS)
    async with asyncio.timeout(PATIENCE_S), AsyncExitStack() as stack:
        holder = await stack.enter_async_context(pool.acquire())
        holding = holder.transaction()
        await holding.start()
        await holder.execute(HOLD, 3)
        changing = asyncio.ensure_future(CHANGES[change](pool, SHUFFLED))
        while not (changing.done() or await pool.fetchval(WAITING)):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.001)
        taken = {what: [chat for chat in CHATS if await _is_taken(pool, FREE[what], chat)] for what in FREE}
        assert taken == {"episode": [1, 2, 3], "delivery": []}
        await holding.rollback()
        await changing


async def _is_taken(pool: Pool, statement: str, chat: int) -> bool:
    try:
        await pool.execute(statement, chat)
    except LockNotAvailableError:
        return True
    return False
