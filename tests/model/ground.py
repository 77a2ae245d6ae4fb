"""What every world of the model test runs on: one event loop, one Redis, one PostgreSQL, emptied between examples."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import fakeredis

from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis

_SWEEP = """
DELETE FROM recovery_deliveries; DELETE FROM recovery_episodes; DELETE FROM chats; DELETE FROM payments;
DELETE FROM switches; DELETE FROM recovery_campaigns; DELETE FROM recovery_versions; DELETE FROM bots;
"""


class Ground:
    def __init__(self, runner: asyncio.Runner, client: Redis, pool: Pool) -> None:
        self.runner = runner
        self.client = client
        self.pool = pool

    async def sweep(self) -> None:
        await self.client.flushall()
        await self.pool.execute(_SWEEP)


@contextmanager
def open_ground(redis_url: str | None, database_url: str) -> Iterator[Ground]:
    """Uses fakeredis if there is no URL."""
    with asyncio.Runner() as runner:
        client: Redis = open_redis(redis_url) if redis_url else _fake_redis()
        pool = runner.run(open_pool(database_url))
        try:
            yield Ground(runner, client, pool)
        finally:
            runner.run(client.aclose())
            runner.run(pool.close())


def _fake_redis() -> Redis:
    """Without INFO: fakeredis has one run for its whole life."""
    client: Redis = fakeredis.FakeAsyncRedis(decode_responses=True)

    async def info(_section: str) -> dict[str, str]:
        return {"run_id": "fake"}

    cast("Any", client).info = info
    return client
