"""Rebuilds the timers of a bot because somebody asks for it, whatever Redis believes of them.

First the generation goes, so that no poller claims anything of the bot until its timers are whole. The poller of the
bot notices and rebuilds them too: both restore the same, and what one has restored the other leaves as it is. A second
rebuild by hand is refused while one is under way; if its process dies, it is free again after a few seconds.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery.lane_state import LaneState, lane_state
from engine.core.errors import RecoveryError
from engine.poller.rebuild import let_receivers_repeat, rebuild
from engine.runtime.service import pause, run_service
from storage.postgres import poller_bots
from storage.postgres.poller_bots import BotRow
from storage.postgres.pool import Pool
from storage.redis import bot_state, keys
from storage.redis.client import Redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.server_identity import run_for
from storage.redis.timers import Timers

TTL_MS: Final = 10_000
RENEWAL_S: Final = 3.0


class Rebuilt(NamedTuple):
    """How many chats PostgreSQL remembers, and of how many Redis had lost something."""

    chats: int
    restored: int


async def rebuild_by_hand(
    pool: Pool, client: Redis, row: BotRow, looked_at: Callable[[int], None] = lambda _: None
) -> Rebuilt | None:
    """None: the campaign times nobody's silence, so there is nothing to rebuild. `looked_at` is called page by page
    with the number of chats so far. Raises UnreachableError, and RecoveryError while another rebuild by hand is
    under way.
    """
    newest = await _timed_by(pool, row)
    if newest is None:
        return None
    async with _alone(client, row):
        return await _rebuild(pool, client, row, newest, looked_at)


async def _rebuild(
    pool: Pool, client: Redis, row: BotRow, newest: Snapshot, looked_at: Callable[[int], None]
) -> Rebuilt:
    seen = 0

    def count(chats: int) -> None:
        nonlocal seen
        seen += chats
        looked_at(seen)

    run = await run_for(client, row.bot_id)
    were_lost = await bot_state.are_lost(client, row.bot_id, run)
    await bot_state.forget_generation(client, row.bot_id)
    if were_lost:
        await let_receivers_repeat()
    restored = await rebuild(
        pool, client, Timers(client), row.bot_id, newest, row.activated_at_ms or 0, run, looked_at=count
    )
    return Rebuilt(seen, restored)


async def _timed_by(pool: Pool, row: BotRow) -> Snapshot | None:
    """The version by which silences of the bot's chats are timed, as its lane would see it."""
    number = row.published_version
    newest = await poller_bots.load_snapshot(pool, row.bot_id, number) if number else None
    state = lane_state(row.status, row.campaign_state, published=newest is not None, held=False)
    return newest if row.activated_at_ms and state is not LaneState.DRAINING else None


@asynccontextmanager
async def _alone(client: Redis, row: BotRow) -> AsyncIterator[None]:
    ownership, key = Ownership(client, this_process()), keys.of_bot(row.bot_id).rebuild
    if not (await ownership.take(key, TTL_MS)).ours:
        raise RecoveryError(f"The timers of @{row.username} are being rebuilt already: wait for the end of that.")

    async def renew() -> None:
        await ownership.take(key, TTL_MS)

    renewing = asyncio.create_task(run_service(renew, pause(RENEWAL_S), "Rebuild not kept"))
    try:
        yield
    finally:
        renewing.cancel()
        await ownership.release_all([key])
