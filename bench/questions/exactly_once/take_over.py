"""Redis is a cluster: a bot's slot moves to another node during the run, and then that node dies.

Its replica takes over, perhaps without the last writes. Each time the bot's timers count as lost, and nothing of it is
sent until they are rebuilt; the bots of the other nodes go on.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import LOOK_S, Scene, now_ms
from engine.core.errors import UnreachableError

_MOMENTS: Final = (1 / 4, 1 / 2)


@dataclass(frozen=True)
class TakenOver(Finding):
    """How long the bot waited for its timers to be whole again, after the move and after the death."""

    waits_ms: list[int]

    def as_json(self) -> dict[str, Any]:
        return {"taken_over": len(self.waits_ms), "rebuilt_s": seconds(spread(self.waits_ms))}

    def as_line(self) -> str:
        return line(
            "take over", spread(self.waits_ms), "until the timers of a bot whose node has changed were whole again"
        )


async def take_over(scene: Scene) -> TakenOver:
    """Raises RecoveryError."""
    bot, evidence = scene.bots[0], scene.evidence
    await scene.reached(_MOMENTS[0])
    moved_ms = await _until_rebuilt(scene, bot, evidence.move_slot)
    await scene.reached(_MOMENTS[1])
    return TakenOver([moved_ms, await _until_rebuilt(scene, bot, evidence.kill_node)])


async def _until_rebuilt(scene: Scene, bot: int, strike: Callable[[int], Awaitable[None]]) -> int:
    before = await scene.evidence.generation(bot)
    since_ms = now_ms()
    await strike(bot)
    while await _generation(scene, bot) in {before, None}:  # noqa: ASYNC110 - the state is itself polled
        await asyncio.sleep(LOOK_S)
    return now_ms() - since_ms


async def _generation(scene: Scene, bot: int) -> str | None:
    """None while nobody holds the bot."""
    try:
        return await scene.evidence.generation(bot)
    except UnreachableError:
        return None
