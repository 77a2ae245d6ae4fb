from collections.abc import AsyncIterator

import pytest

from storage.postgres.pool import Pool, open_pool
from tests.storage.postgres.deliveries.one_chat import LIVE


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute(LIVE)
        yield pool
