from collections.abc import AsyncIterator

import pytest

from tests.receiver.lone_bot import Desk, opened


@pytest.fixture
async def desk(redis_url: str, database_url: str) -> AsyncIterator[Desk]:
    async with opened(redis_url, database_url) as desk:
        yield desk
