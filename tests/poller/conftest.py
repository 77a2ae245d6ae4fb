from collections.abc import AsyncIterator

import pytest

from storage.redis.client import open_redis
from tests.poller.yard import Yard


@pytest.fixture
async def yard(redis_url: str) -> AsyncIterator[Yard]:
    client = open_redis(redis_url)
    yard = Yard(client)
    yield yard
    yard.journeys.go.set()
    await yard.lane.finish()
    await client.aclose()
