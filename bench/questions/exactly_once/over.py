"""Detects when a run is over, instead of guessing.

All touches are acknowledged, no timer is armed, no episode is open, no delivery is pending, and every disturbance has
its finding. The `sending` deliveries of a killed poller do not count: the reaper gives them up much later.
"""

import asyncio
import time
from typing import Any, Final

from bench.harness import pace
from bench.questions.exactly_once.scene import Scene
from engine.core.errors import RecoveryError

_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.25


async def until_over(scene: Scene, acting: asyncio.Task[None], disturbing: asyncio.Task[Any]) -> None:
    """Raises RecoveryError if it takes too long, or if a process or a task fails."""
    patience_s = _PATIENCE_S + 3 * scene.owed / (pace.RATE * len(scene.bots))
    give_up = time.monotonic() + patience_s
    while not (disturbing.done() and await is_over(scene)):
        scene.stack.check_alive()
        for task in (acting, disturbing):
            if task.done():
                task.result()
        if time.monotonic() > give_up:
            pending = "no disturbance" if disturbing.done() else "a disturbance"
            left = f"{await what_is_left(scene)}, {pending} is pending"
            raise RecoveryError(f"The run was not over within {patience_s:.0f} s: {left}.")
        await asyncio.sleep(_LOOK_S)


async def is_over(scene: Scene) -> bool:
    play, seen = scene.play, scene.evidence
    if not play.started or play.unacknowledged or play.open:
        return False
    if await seen.armed() or await seen.open_episodes() or await seen.deliveries("scheduled"):
        return False
    return scene.kills or not await seen.deliveries("sending")


async def what_is_left(scene: Scene) -> str:
    play, seen = scene.play, scene.evidence
    return (
        f"{play.unacknowledged} touches are not acknowledged, {len(play.open)} sends are under way,"
        f" {await seen.armed()} timers are armed, {await seen.open_episodes()} episodes are open,"
        f" {await seen.deliveries('scheduled')} deliveries are scheduled,"
        f" {await seen.deliveries('sending')} are sending"
    )
