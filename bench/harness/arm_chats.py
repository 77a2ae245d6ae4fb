"""Arms the chats: each person writes to each bot once, through the real receiver; then everything comes to rest.

At rest, every update is acknowledged, every timer is armed and every touch has reached PostgreSQL. A little more time
passes after that, so that the first long polls and the first sweeps are over.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from bench.harness.engine_counts import EngineCounts
from bench.harness.stack import Stack
from bench.sandbox.client import SandboxClient
from bench.sandbox.protocol import Act
from engine.core.errors import RecoveryError

_AT_ONCE: Final = 2_000
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.25
_SETTLE_S: Final = 8.0


async def arm(client: SandboxClient, bots: Sequence[int], chats: int) -> None:
    """Arm this number of chats for each bot."""
    people = await client.add_people(chats)
    acts = [Act("write", bot, person.id, text="Olá!") for person in people for bot in bots]
    for start in range(0, len(acts), _AT_ONCE):
        await client.act(acts[start : start + _AT_ONCE])


async def come_to_rest(stack: Stack, client: SandboxClient, counts: EngineCounts, chats: int) -> None:
    """Raises RecoveryError if it takes too long, or if a process fails."""
    give_up = time.monotonic() + _PATIENCE_S
    while not await _at_rest(client, counts, chats):
        stack.check_alive()
        if time.monotonic() > give_up:
            raise RecoveryError(
                f"Of {chats} chats, {await counts.armed()} were armed and {await counts.written()} were stored"
                f" within {_PATIENCE_S:.0f} s."
            )
        await asyncio.sleep(_LOOK_S)
    await asyncio.sleep(_SETTLE_S)


async def _at_rest(client: SandboxClient, counts: EngineCounts, chats: int) -> bool:
    acknowledged = len((await client.acknowledgements()).acknowledged)
    return acknowledged >= chats and await counts.armed() == chats == await counts.written()
