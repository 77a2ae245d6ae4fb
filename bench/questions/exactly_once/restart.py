"""Both receivers are restarted during the run: the one that takes the feeds is stopped, then the other is killed.

They share one port, so that one of them always answers Telegram. Updates that the killed one had received and not
acknowledged come again. Until another receiver has taken the feeds and confirms them, nothing is sent.
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
    """`dead_ms`: how long each bot's feed was unconfirmed after the kill.

    `taken_in_ms`: how long touches since the first restart waited for their acknowledgement, known only at the end.
    """

    dead_ms: list[int]
    taken_in_ms: Callable[[], list[int]]

    def as_json(self) -> dict[str, Any]:
        return {"feed_dead_s": seconds(spread(self.dead_ms)), "taken_in_s": seconds(spread(self.taken_in_ms()))}

    def as_line(self) -> str:
        taken_in = spread(self.taken_in_ms())
        meaning = f"until the feeds were confirmed after the kill; touches were taken in within {taken_in.max} ms"
        return line("restart", spread(self.dead_ms), meaning)


def restart_both(receivers: tuple[str, str]) -> Disturbance:
    return partial(_restart, receivers)


async def _restart(receivers: tuple[str, str], scene: Scene) -> Restarted:
    """Raises RecoveryError."""
    await scene.reached(_MOMENTS[0])
    since_ms = now_ms()
    first = await _feeding(scene)
    await scene.stack.stop(first)
    await _start(scene)
    await scene.reached(_MOMENTS[1])
    (second,) = {*receivers} - {first}
    scene.stack.kill(second)
    killed_ms = now_ms()
    await _start(scene)
    return Restarted(await _dead_ms(scene, killed_ms), partial(scene.play.taken_in_ms, since_ms))


async def _feeding(scene: Scene) -> str:
    """The receiver that takes most of the feeds."""
    owners = [owner.pid for bot in scene.bots if (owner := await scene.evidence.receiver_of(bot))]
    return scene.stack.name_of(Counter(owners).most_common(1)[0][0])


async def _start(scene: Scene) -> None:
    name = scene.stack.start_receiver()
    await until(lambda: scene.stack.has_logged(name, _STARTED))


async def _dead_ms(scene: Scene, killed_ms: int) -> list[int]:
    """For each bot."""
    waits: dict[int, int] = {}
    while len(waits) < len(scene.bots):
        fed = [bot for bot in scene.bots if bot not in waits and await scene.evidence.watermark(bot) > killed_ms]
        waits |= dict.fromkeys(fed, now_ms() - killed_ms)
        await asyncio.sleep(LOOK_S)
    return list(waits.values())
