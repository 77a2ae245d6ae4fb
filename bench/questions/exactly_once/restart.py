"""Both receivers are restarted in mid-run: the one that takes the feeds is told to end, then the other is killed.

They stand side by side on one port, so that one of them answers Telegram at any time. What the killed one had taken in
and not acknowledged comes again. Until somebody else has taken the feeds and vouches for them, nothing is sent.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import LOOK_S, Disturbance, Scene, now_ms, until

_STARTED: Final = "Receiver started"
_MOMENTS: Final = (1 / 4, 1 / 2)


@dataclass(frozen=True)
class Restarted(Finding):
    """How long each bot's feed was not vouched for after the kill, and how long signs of life since the first restart
    waited for their acknowledgement, which is known at the end.
    """

    dead_ms: list[int]
    taken_in_ms: Callable[[], list[int]]

    def as_json(self) -> dict[str, Any]:
        return {"feed_dead_s": seconds(spread(self.dead_ms)), "taken_in_s": seconds(spread(self.taken_in_ms()))}

    def as_line(self) -> str:
        taken_in = spread(self.taken_in_ms())
        meaning = f"until the feeds were vouched for after a kill; a sign of life was taken in after {taken_in.max} ms"
        return line("restart", spread(self.dead_ms), meaning)


def restart_both(receivers: tuple[str, str]) -> Disturbance:
    return partial(_restart, receivers)


async def _restart(receivers: tuple[str, str], scene: Scene) -> Restarted:
    """Raises RecoveryError."""
    await scene.reached(_MOMENTS[0])
    since_ms = now_ms()
    first = await _feeding(scene)
    await scene.house.stop(first)
    await _begin(scene)
    await scene.reached(_MOMENTS[1])
    (second,) = {*receivers} - {first}
    scene.house.kill(second)
    killed_ms = now_ms()
    await _begin(scene)
    return Restarted(await _dead_ms(scene, killed_ms), partial(scene.play.taken_in_ms, since_ms))


async def _feeding(scene: Scene) -> str:
    """The receiver that takes most of the feeds."""
    owners = [owner.pid for bot in scene.bots if (owner := await scene.evidence.receiver_of(bot))]
    return scene.house.name_of(Counter(owners).most_common(1)[0][0])


async def _begin(scene: Scene) -> None:
    name = scene.house.begin_receiver()
    await until(lambda: scene.house.has_said(name, _STARTED))


async def _dead_ms(scene: Scene, killed_ms: int) -> list[int]:
    """Of each bot."""
    waits: dict[int, int] = {}
    while len(waits) < len(scene.bots):
        fed = [bot for bot in scene.bots if bot not in waits and await scene.evidence.watermark(bot) > killed_ms]
        waits |= dict.fromkeys(fed, now_ms() - killed_ms)
        await asyncio.sleep(LOOK_S)
    return list(waits.values())
