"""taskiq with its list of schedules in Redis. A schedule is moved by deleting it and adding it again under its id.

A worker that has nothing to do waits in Redis for longer than the client's usual timeout, which is therefore off.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from protocol import REDIS_URL, begun, run_async
from taskiq import TaskiqScheduler
from taskiq_redis import ListQueueBroker, ListRedisScheduleSource

broker = ListQueueBroker(REDIS_URL, socket_timeout=None)
source = ListRedisScheduleSource(REDIS_URL)
scheduler = TaskiqScheduler(broker, [source])


@broker.task("check")
async def check(chat: int) -> None:
    begun(chat)


async def touch(chat: int, delay_s: float) -> None:
    due = datetime.now(UTC) + timedelta(seconds=delay_s)
    await source.delete_schedule(str(chat))
    await check.kicker().with_schedule_id(str(chat)).schedule_by_time(source, due, chat)


async def main() -> None:
    await source.startup()
    await run_async(touch)


if __name__ == "__main__":
    asyncio.run(main())
