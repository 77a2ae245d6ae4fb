"""Measures how long the chats of a poller that stopped working wait until another poller takes them over.

A chat counts as taken over when its version has changed. A chat in which the person acted in the meantime is left out,
since a touch changes the version as well.
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
    """The waits of the chats that are now held under these versions. Raises RecoveryError."""
    since_ms = now_ms()
    waits = await _waits(scene, held, time.monotonic())
    return [wait for chat, wait in waits.items() if not _acted(scene, chat, since_ms)]


async def _waits(scene: Scene, held: dict[Chat, int], since: float) -> dict[Chat, int]:
    waits: dict[Chat, int] = {}
    while len(waits) < len(held):
        waited = time.monotonic() - since
        if waited > _PATIENCE_S:
            raise RecoveryError(f"{len(held) - len(waits)} chats of the stopped poller were not taken over.")
        now = await scene.evidence.versions(held)
        waits |= {chat: round(waited * 1000) for chat in held if chat not in waits and now[chat] != held[chat]}
        await asyncio.sleep(LOOK_S)
    return waits


def _acted(scene: Scene, chat: Chat, since_ms: int) -> bool:
    return scene.play.done[chat][-1].at_ms > since_ms - _ACTED_BEFORE_MS
