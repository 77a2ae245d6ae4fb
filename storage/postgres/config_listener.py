"""Listens for changed configuration: PostgreSQL notifies every receiver and poller when a change is committed.

A notification is a hint: everything is read again every second anyway. A session that a pooler lends is somebody else's
by the time of a notification, so then only the reading is left.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from engine.core.errors import UnreachableError
from storage.postgres.audit import CHANNEL
from storage.postgres.connection import REFUSALS
from storage.postgres.pool import Pool


async def follow(pool: Pool, changed: Callable[[], None]) -> None:
    """Call `changed` at each change, and once at the start. Raises UnreachableError when the connection is lost."""
    try:
        async with pool.acquire() as connection:
            await _listen(connection, changed)
    except (OSError, *REFUSALS) as error:
        raise UnreachableError(f"PostgreSQL reports no changes ({error}): they are seen a little later.") from error


async def _listen(connection: Any, changed: Callable[[], None]) -> None:
    lost = asyncio.Event()

    def notified(*_: object) -> None:
        changed()

    def ended(_: object) -> None:
        lost.set()

    connection.add_termination_listener(ended)
    if not connection.lent:
        await connection.add_listener(CHANNEL, notified)
    try:
        changed()
        await lost.wait()
        raise UnreachableError("PostgreSQL reports no changes (the connection ended): they are seen a little later.")
    finally:
        if not lost.is_set():
            connection.remove_termination_listener(ended)
            await connection.remove_listener(CHANNEL, notified)
