"""SAQ. A job's key is unique while it waits and cannot be moved: one more job for every message, and a version."""

import asyncio
import time
from typing import Any

from protocol import REDIS_URL, begun, run_async
from saq import Queue

queue = Queue.from_url(REDIS_URL)


async def check(_context: dict[str, Any], *, chat: int, version: int) -> None:
    if int(await queue.redis.hget("versions", str(chat)) or 0) == version:
        begun(chat)


settings = {"queue": queue, "functions": [check]}


async def touch(chat: int, delay_s: float) -> None:
    version = await queue.redis.hincrby("versions", str(chat), 1)
    await queue.enqueue("check", chat=chat, version=version, scheduled=time.time() + delay_s)


if __name__ == "__main__":
    asyncio.run(run_async(touch))
