"""Waits until a statement waits for a lock: the moment at which two transactions have met."""

import asyncio

from storage.postgres.pool import Pool

_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def blocked(pool: Pool) -> None:
    """Return when a statement of this database waits for a lock."""
    async with asyncio.timeout(30):
        while not await pool.fetch(_WAITING):  # noqa: ASYNC110 - the signal is in the server
            await asyncio.sleep(0.01)
