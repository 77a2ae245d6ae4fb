"""Waits until the engine of a run is ready: timers whole, feeds open, every shard served, every standby waiting."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from bench.harness.stack import Stack
from bench.sandbox.client import SandboxClient
from engine.core.errors import RecoveryError

_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.25
_POLLER_IS_READY: Final = ("Shard taken", "Standing by")


async def until_ready(
    stack: Stack,
    client: SandboxClient,
    timers_are_whole: Callable[[], Awaitable[bool]],
    bots: Sequence[int],
    pollers: Sequence[str],
) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while not (await _processes_are_ready(stack, client, bots, pollers) and await timers_are_whole()):
        stack.check_alive()
        if time.monotonic() > give_up:
            lines = "\n".join(stack.last_lines(name) for name in stack.pids)
            raise RecoveryError(f"Receivers and pollers were not ready within {_PATIENCE_S:.0f} s:\n{lines}")
        await asyncio.sleep(_LOOK_S)


async def _processes_are_ready(
    stack: Stack, client: SandboxClient, bots: Sequence[int], pollers: Sequence[str]
) -> bool:
    if not all(stack.has_logged(name, *_POLLER_IS_READY) for name in pollers):
        return False
    record = await client.record()
    polled = {row.bot_id for row in record.open if row.method == "getUpdates"}
    hooked = {row.bot_id for row in record.rows if row.method == "setWebhook" and row.ok}
    return set(bots) <= polled | hooked
