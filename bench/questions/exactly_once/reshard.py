"""The number of shards changes during the run, by the operator's command, while all pollers go on.

Pollers for new shards stand by from the start; those of removed shards exit by themselves. For a moment, two pollers
may believe that a bot that moves is theirs: the judge applies the same rules as ever.
"""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import LOOK_S, Disturbance, Scene, now_ms
from engine.core.identity import shard_of

_MOMENT: Final = 1 / 5


@dataclass(frozen=True)
class Resharded(Finding):
    """`waits_ms`: how long each bot that moved waited for the first claim of its new poller."""

    shards: int
    waits_ms: list[int]

    def as_json(self) -> dict[str, Any]:
        return {"moved_bots": len(self.waits_ms), "reshard_s": seconds(spread(self.waits_ms))}

    def as_line(self) -> str:
        meaning = f"until {len(self.waits_ms)} bots that moved had a claim under {self.shards} shards"
        return line("reshard", spread(self.waits_ms), meaning)


def reshard_to(shards: int) -> Disturbance:
    return partial(_reshard, shards)


async def _reshard(shards: int, scene: Scene) -> Resharded:
    """Raises RecoveryError."""
    await scene.reached(_MOMENT)
    before = (await scene.evidence.shards()).shards
    for gone in range(shards, before):
        scene.stack.allow_exit(gone)
    await scene.stack.set_shards(shards)
    moved = [bot for bot in scene.bots if shard_of(bot, before) != shard_of(bot, shards)]
    return Resharded(shards, await _waits_ms(scene, moved))


async def _waits_ms(scene: Scene, moved: list[int]) -> list[int]:
    since_ms = (await scene.evidence.shards()).stamp
    waits: dict[int, int] = {}
    while len(waits) < len(moved):
        now = now_ms()
        claimed = [bot for bot in moved if bot not in waits and await scene.evidence.epoch(bot) >= since_ms]
        waits |= dict.fromkeys(claimed, now - since_ms)
        await asyncio.sleep(LOOK_S)
    return list(waits.values())
