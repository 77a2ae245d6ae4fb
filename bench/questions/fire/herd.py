"""The engine's turn: a herd falls due behind the emergency stop, and two pollers take it from there.

Measured is the middle of a herd: from when a twentieth of the timers is settled until a twentieth is left. A poller
settles a timer after its delivery's outcome is committed, so a settled timer is a timer that is done.
"""

import asyncio
import time
from typing import Final

from bench.harness import emergency_stop
from bench.harness.scene import Scene
from bench.harness.stores import armed_timers
from engine.core.errors import RecoveryError

_EDGE: Final = 20
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.02
_PAGE: Final = 500
"""Chats of each bot that are armed at a time."""


class Herd:
    def __init__(self, scene: Scene, size: int, threshold_ms: int, first: int) -> None:
        self._scene = scene
        self._size = size
        self._threshold_s = threshold_ms / 1000
        self._first = first

    async def gather(self) -> None:
        """Everybody falls due, and a first twentieth of them has been served."""
        await self.until_over()
        await emergency_stop.stop(self._scene.stack.settings)
        step = _PAGE * len(self._scene.bots)
        for start in range(0, self._size, step):
            await self._scene.road.fall_silent(self._first + start, min(step, self._size - start))
        self._first += self._size
        await asyncio.sleep(self._threshold_s)
        await emergency_stop.resume(self._scene.stack.settings)
        await self._until_left(self._size - self._size // _EDGE)

    async def __call__(self) -> int:
        before = await self._left()
        return before - await self._until_left(self._size // _EDGE)

    async def until_over(self) -> None:
        await self._until_left(0)

    async def _until_left(self, most: int) -> int:
        """Raises RecoveryError if it takes too long."""
        give_up = time.monotonic() + _PATIENCE_S
        while (left := await self._left()) > most:
            self._scene.stack.check_alive()
            if time.monotonic() > give_up:
                raise RecoveryError(f"{left} of {self._size} timers were not settled within {_PATIENCE_S:.0f} s.")
            await asyncio.sleep(_LOOK_S)
        return left

    async def _left(self) -> int:
        return sum((await armed_timers(self._scene.redis, self._scene.ids)).values())
