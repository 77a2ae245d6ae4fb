"""`python -m bench.questions.peers.ours`: the same work by this project's own doors, asked as the peers are."""

import asyncio
import os
from typing import Final

import uvloop

from bench.questions.peers.scripts.protocol import ASKED, DELAY_S, REDIS_URL, run_async
from engine.chats.activity import Activity
from storage.postgres.pool import open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis.client import open_redis
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers

_BOT: Final = Watched(7_000_000_001, "peer_bot", b"", threshold_ms=int(1000 * DELAY_S))
_LISTS_AT_ONCE: Final = 4
_CALLERS: Final = 1_000


async def _lists(timers: Timers) -> None:
    async def touch(batch: int, _delay_s: float) -> None:
        signs = [Sign(chat, 0) for chat in range(batch * BATCH, (batch + 1) * BATCH)]
        await timers.touch(_BOT.bot_id, signs, _BOT.threshold_ms)

    await run_async(touch, _LISTS_AT_ONCE, each=BATCH)


async def _single(timers: Timers) -> None:
    """Last activity is written to PostgreSQL beside it, as in a receiver."""
    pool = await open_pool(os.environ["DATABASE_URL"])
    activity = Activity(pool, timers, lambda _bot_id: _BOT)
    writing = asyncio.create_task(activity.run())
    await run_async(lambda chat, _delay_s: activity.mark_user_activity(_BOT.bot_id, chat), _CALLERS)
    writing.cancel()
    await pool.close()


async def _main() -> None:
    client = open_redis(REDIS_URL)
    await {"lists": _lists, "single": _single}[ASKED["way"]](Timers(client))
    await client.aclose()


if __name__ == "__main__":
    uvloop.run(_main())
