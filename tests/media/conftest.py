"""A library with a database and a directory of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.media.library import Library
from storage.postgres.pool import Pool, open_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """MEDIA_DIR, which is not there yet."""
    return tmp_path / "media"


@pytest.fixture
def library(pool: Pool, shelf: Path) -> Library:
    return Library(pool, shelf)
