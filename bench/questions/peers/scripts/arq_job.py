"""arq. Enqueuing a job under the id of one that waits does nothing, so there are two ways to start a timer again.

`new-job`: one more job for every message, and a version that tells the newest one from the others. `same-id`: the
waiting job's key is deleted first, which arq has no call for.
"""

import asyncio
from typing import Any

from arq import create_pool
from arq.connections import ArqRedis, RedisSettings
from arq.constants import job_key_prefix
from protocol import ASKED, REDIS_URL, begun, run_async


async def check(context: dict[str, Any], chat: int, version: int) -> None:
    if not version or int(await context["redis"].hget("versions", str(chat)) or 0) == version:
        begun(chat)


class WorkerSettings:
    functions = (check,)
    redis_settings = RedisSettings.from_dsn(REDIS_URL)
    keep_result = 0
    max_jobs = ASKED.get("max_jobs", 10)
    poll_delay = ASKED.get("poll_delay_s", 0.5)


async def new_job(redis: ArqRedis, chat: int, delay_s: float) -> None:
    version = await redis.hincrby("versions", str(chat), 1)
    await redis.enqueue_job("check", chat, version, _defer_by=delay_s)


async def same_id(redis: ArqRedis, chat: int, delay_s: float) -> None:
    await redis.delete(f"{job_key_prefix}{chat}")
    await redis.enqueue_job("check", chat, 0, _job_id=str(chat), _defer_by=delay_s)


async def main() -> None:
    redis = await create_pool(WorkerSettings.redis_settings)
    way = new_job if ASKED["way"] == "new-job" else same_id
    await run_async(lambda chat, delay_s: way(redis, chat, delay_s))


if __name__ == "__main__":
    asyncio.run(main())
