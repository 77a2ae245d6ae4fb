"""`kill -9` of the poller in mid-run, while sends are under way, and how long its chats then wait.

Just before, every send is slowed down, so that many are under way. A chat counts as taken up again when its version has
changed; one in which the person acted meanwhile is left out, since a sign of life changes the version as well.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from bench.first_light.evidence import Evidence
from bench.first_light.judge import Chat
from bench.first_light.play import Play
from bench.first_light.stage import House
from bench.sandbox.client import SandboxClient
from bench.sandbox.wire import Fault, FaultKind
from engine.core.errors import RecoveryError

_SLOW: Final = Fault(FaultKind.SLOW, method="sendMessage", latency_ms=600)
_UNDER_WAY: Final = 10
_LOOK_S: Final = 0.05
_PATIENCE_S: Final = 60.0
_ACTED_BEFORE_MS: Final = 1_000


async def kill_in_mid_run(house: House, play: Play, evidence: Evidence, client: SandboxClient, after: int) -> list[int]:
    """Kill it once so many sends were seen; gives each chat's wait in ms. Raises RecoveryError."""
    await _until(lambda: len(play.sends) >= after)
    slow = await client.set_fault(_SLOW)
    await _until(lambda: len(play.open) >= _UNDER_WAY)
    house.kill("poller")
    killed_at, killed_ms = time.monotonic(), time.time_ns() // 1_000_000
    held = await evidence.leased()
    house.begin_poller("second poller")
    await client.remove_fault(slow.id)
    waits = await _waits(evidence, held, killed_at)
    return [wait for chat, wait in waits.items() if not _acted(play, chat, killed_ms)]


async def _until(reached: Callable[[], bool]) -> None:
    while not reached():  # noqa: ASYNC110 - what is looked at comes by polling itself
        await asyncio.sleep(_LOOK_S)


async def _waits(evidence: Evidence, held: dict[Chat, int], killed_at: float) -> dict[Chat, int]:
    waits: dict[Chat, int] = {}
    while len(waits) < len(held):
        waited = time.monotonic() - killed_at
        if waited > _PATIENCE_S:
            raise RecoveryError(f"{len(held) - len(waits)} of the killed poller's chats were not taken up again.")
        now = await evidence.versions(held)
        waits |= {chat: round(waited * 1000) for chat in held if chat not in waits and now[chat] != held[chat]}
        await asyncio.sleep(_LOOK_S)
    return waits


def _acted(play: Play, chat: Chat, killed_ms: int) -> bool:
    return play.done[chat][-1].at_ms > killed_ms - _ACTED_BEFORE_MS
