"""Causes from outside end a silence; a bot at which many come at once leaves the connections to the others."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from engine.chats.endings import Endings
from storage.postgres.chats import Life
from storage.postgres.payments import Payment
from storage.postgres.pool import MOST_CONNECTIONS, open_pool
from storage.redis.client import open_redis
from storage.redis.timers import Timers

FLOODED, OTHER = 7, 8
MANY = 2 * MOST_CONNECTIONS


async def pay(endings: Endings, bot: int, chat: int) -> object:
    return await endings.pay([Payment(bot, str(chat), chat, 1, "BRL", "paid", 1)])


async def opt_out(endings: Endings, bot: int, chat: int) -> None:
    await endings.opt_out(Life(bot, chat, 1))


async def lose(endings: Endings, bot: int, chat: int) -> None:
    await endings.lose(bot, chat, 1)


@pytest.mark.parametrize("end", [pay, opt_out, lose])
async def test_a_bots_flood_of_endings_leaves_connections_to_the_others(
    redis_url: str, database_url: str, end: Callable[[Endings, int, int], Awaitable[object]]
) -> None:
    pool, client = await open_pool(database_url), open_redis(redis_url)
    holder = await asyncpg.connect(database_url)
    endings = Endings(pool, client, Timers(client), str)
    async with holder.transaction():
        await holder.execute(
            "INSERT INTO payments (bot_id, external_id, chat_id, amount, currency, status, paid_at)"
            " SELECT $1, n::text, n, 1, 'BRL', 'paid', 1 FROM generate_series(1, $2) n",
            *(FLOODED, MANY),
        )
        await holder.execute(
            "INSERT INTO chats (bot_id, chat_id, last_active) SELECT $1, n, 1 FROM generate_series(1, $2) n",
            *(FLOODED, MANY),
        )
        flood = [asyncio.ensure_future(end(endings, FLOODED, chat)) for chat in range(1, MANY + 1)]
        while pool.get_idle_size() or pool.get_size() < 2:  # noqa: ASYNC110 - a pool has no event to wait for
            await asyncio.sleep(0.01)
        await end(endings, OTHER, 1)
    await asyncio.gather(*flood)
    await holder.close()
    await pool.close()
    await client.aclose()
