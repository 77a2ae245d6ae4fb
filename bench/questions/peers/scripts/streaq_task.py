"""streaQ. A task's id is unique while it waits: one more delayed task for every message of a chat, and a version."""

import asyncio
from datetime import timedelta

from protocol import REDIS_URL, begun, run_async
from streaq import Worker

worker = Worker(redis_url=REDIS_URL)


@worker.task
async def check(chat: int, version: int) -> None:
    if int(await worker.redis.hget("versions", str(chat)) or 0) == version:
        begun(chat)


async def touch(chat: int, delay_s: float) -> None:
    version = await worker.redis.hincrby("versions", str(chat), 1)
    await check.enqueue(chat, version).start(delay=timedelta(seconds=delay_s))


async def main() -> None:
    async with worker:
        await run_async(touch)


if __name__ == "__main__":
    asyncio.run(main())
