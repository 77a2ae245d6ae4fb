"""How long the chats of a poller that ceased to work wait until somebody takes them up again.

A chat counts as taken up when its version has changed; one in which the person acted meanwhile is left out, since a
sign of life changes the version as well.
"""

import asyncio
import time
from typing import Final

from bench.questions.exactly_once.judge import Chat
from bench.questions.exactly_once.scene import LOOK_S, Scene, now_ms
from engine.core.errors import RecoveryError

_PATIENCE_S: Final = 60.0
_ACTED_BEFORE_MS: Final = 1_000


async def waits_ms(scene: Scene, held: dict[Chat, int]) -> list[int]:
    """For the chats held under these versions at this moment. Raises RecoveryError."""
    since_ms = now_ms()
    waits = await _waits(scene, held, time.monotonic())
    return [wait for chat, wait in waits.items() if not _acted(scene, chat, since_ms)]


async def _waits(scene: Scene, held: dict[Chat, int], since: float) -> dict[Chat, int]:
    waits: dict[Chat, int] = {}
    while len(waits) < len(held):
        waited = time.monotonic() - since
        if waited > _PATIENCE_S:
            raise RecoveryError(
                f"{len(held) - len(waits)} chats of the poller that was struck were not taken up again."
            )
        now = await scene.evidence.versions(held)
        waits |= {chat: round(waited * 1000) for chat in held if chat not in waits and now[chat] != held[chat]}
        await asyncio.sleep(LOOK_S)
    return waits


def _acted(scene: Scene, chat: Chat, since_ms: int) -> bool:
    return scene.play.done[chat][-1].at_ms > since_ms - _ACTED_BEFORE_MS
