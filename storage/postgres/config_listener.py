"""Hears of changed configuration: PostgreSQL tells every receiver and poller when the change is committed.

A hint, not the truth: what is told is read again anyway, every few seconds. A pooler that shares connections between
transactions lets nothing through; then only the reading is left.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg

from engine.core.errors import UnreachableError
from storage.postgres.audit import CHANNEL
from storage.postgres.pool import Pool


async def follow(pool: Pool, changed: Callable[[], None]) -> None:
    """Call `changed` at each change, and once at the start. Raises UnreachableError when the connection is lost."""
    try:
        async with pool.acquire() as connection:
            await _listen(connection, changed)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnreachableError(f"PostgreSQL tells no changes ({error}): they are seen a little later.") from error


async def _listen(connection: Any, changed: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def told(*_: object) -> None:
        changed()

    def ended(_: object) -> None:
        lost.set()

    connection.add_termination_listener(ended)
    await connection.add_listener(CHANNEL, told)
    try:
        changed()
        await lost.wait()
        raise UnreachableError("PostgreSQL tells no changes (the connection ended): they are seen a little later.")
    finally:
        if not lost.is_set():
            connection.remove_termination_listener(ended)
            await connection.remove_listener(CHANNEL, told)
