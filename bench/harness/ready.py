"""When the engine of a run is there: timers whole, feeds open, every shard served, every standby waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bench.harness.stack import House
from bench.sandbox.client import SandboxClient
from engine.core.errors import RecoveryError

_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.25
_POLLER_IS_THERE: Final = ("Shard taken", "Standing by")


async def until_ready(
    house: House,
    client: SandboxClient,
    timers_are_whole: Callable[[], Awaitable[bool]],
    bots: Sequence[int],
    pollers: Sequence[str],
) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while not (await _engine_is_there(house, client, bots, pollers) and await timers_are_whole()):
        house.check_alive()
        if time.monotonic() > give_up:
            words = "\n".join(house.last_words(name) for name in house.pids)
            raise RecoveryError(f"Receivers and pollers were not ready within {_PATIENCE_S:.0f} s:\n{words}")
        await asyncio.sleep(_LOOK_S)


async def _engine_is_there(house: House, client: SandboxClient, bots: Sequence[int], pollers: Sequence[str]) -> bool:
    if not all(house.has_said(name, *_POLLER_IS_THERE) for name in pollers):
        return False
    record = await client.record()
    polled = {row.bot_id for row in record.open if row.method == "getUpdates"}
    hooked = {row.bot_id for row in record.rows if row.method == "setWebhook" and row.ok}
    return set(bots) <= polled | hooked
