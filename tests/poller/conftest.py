from collections.abc import AsyncIterator

import pytest

from storage.postgres import pool as postgres
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import open_redis
from tests.poller.cable import cable_to
from tests.poller.far_servers import FarServers
from tests.poller.yard import Yard


@pytest.fixture
async def yard(redis_url: str) -> AsyncIterator[Yard]:
    client = open_redis(redis_url)
    yard = Yard(client)
    yield yard
    yard.journeys.go.set()
    await yard.lane.finish()
    await client.aclose()


@pytest.fixture
async def far(
    redis_url: str, database_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FarServers]:
    """A call of PostgreSQL that gets no answer ends after two seconds."""
    monkeypatch.setattr(postgres, "_TIMEOUT_S", 1)
    monkeypatch.setattr(postgres, "_ACQUIRE_S", 1)
    redis = open_redis(redis_url)
    async with (
        cable_to(redis_url) as (redis_cable, far_redis),
        cable_to(database_url) as (postgres_cable, far_postgres),
    ):
        far_client, far_pool = open_redis(far_redis), await open_pool(far_postgres)
        far = FarServers(pool, redis, far_pool, far_client, postgres_cable, redis_cable)
        await far.open()
        yield far
        far.telegram.go.set()
        redis_cable.mend()
        postgres_cable.mend()
        postgres_cable.flow()
        await far.finish()
        await far_pool.close()
        await far_client.aclose()
    await redis.aclose()
