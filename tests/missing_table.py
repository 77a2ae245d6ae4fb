"""PostgreSQL without one of its tables, as a database is that refuses what it is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from storage.postgres.pool import Pool


@asynccontextmanager
async def missing_table(pool: Pool, table: str) -> AsyncIterator[None]:
    """Hide `table`, one of ours, and put it back over the same connection: while a table that the functions of a
    session name is missing, the pool cannot open another.
    """
    async with pool.acquire() as connection:
        await connection.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        try:
            yield
        finally:
            await connection.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
