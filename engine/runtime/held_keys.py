"""What a process says about itself while it runs: which keys it has, the one that it encrypts and signs with first.

Without it nobody could tell whether a rotation shuts a process out, or for how long the work of a key may still come
back.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from engine.core.errors import RecoveryError
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger
from storage.postgres import key_holders
from storage.postgres.key_holders import KeyHolder
from storage.postgres.pool import Pool
from storage.redis.client import Redis
from storage.redis.ownership import this_process
from storage.redis.server_clock import server_now_ms

BEAT_S: Final = key_holders.LOST_MS / 3 / 1000


@asynccontextmanager
async def said(
    pool: Pool, client: Redis, kind: str, fingerprints: Sequence[str], *, signs: bool
) -> AsyncIterator[None]:
    """Say it before anything is signed, again and again, and at the end. Raises UnreachableError."""
    holder = KeyHolder(this_process(), kind, tuple(fingerprints), signs)
    await _record(pool, client, holder)
    record = partial(_record, pool, client, holder)
    beat = asyncio.create_task(run_service(record, pause(BEAT_S), "Keys are not recorded"))
    try:
        yield
    finally:
        beat.cancel()
        await asyncio.wait([beat])
        await _end(pool, client, holder)


async def _record(pool: Pool, client: Redis, holder: KeyHolder) -> None:
    await key_holders.record(pool, holder._replace(seen_at_ms=await server_now_ms(client)))


async def _end(pool: Pool, client: Redis, holder: KeyHolder) -> None:
    try:
        await _record(pool, client, holder._replace(ended=True))
    except RecoveryError as error:
        logger().warning("End not recorded: the keys of this process count as used a little longer", error=error)
