"""Somebody who reads the tables in one long transaction, as a backup does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

PATIENCE_S = 20
"""A test that hangs fails after this time."""


@asynccontextmanager
async def reading(url: str, *tables: str, name: str = "pg_dump", mode: str = "ACCESS SHARE") -> AsyncIterator[None]:
    """Hold a lock, by default the weakest, on these tables and their partitions until the block ends."""
    connection = await asyncpg.connect(url, server_settings={"application_name": name})
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {', '.join(tables)} IN {mode} MODE")
            yield
    finally:
        await connection.close()
