"""`kill -9` of the only receiver while people are active: nobody hears them until another one starts.

What had fallen due when it died, and for the watermark's slack afterwards, may go out until the feed counts as stale.
From then on nothing leaves, until the new receiver has taken in what people wrote meanwhile.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import LOOK_S, Scene, now_ms
from bench.sandbox.protocol import Row
from storage.redis.timers import FEED_STALE_MS

DEAF_S: Final = 20.0
LAST_MS: Final = FEED_STALE_MS + 2_000
"""What was claimed in the last moment still waits for its turn at Telegram."""
_MOMENT: Final = 1 / 6


class Send(NamedTuple):
    """A message that left `after_ms` the kill; `wrote`: its person had written since."""

    after_ms: int
    wrote: bool


@dataclass(frozen=True)
class Deafened(Finding):
    """`deaf_ms`: how long each bot's feed was not confirmed. `sends`: what left meanwhile."""

    deaf_ms: list[int]
    sends: list[Send]

    @property
    def holds(self) -> bool:
        return self.last_ms <= LAST_MS

    @property
    def last_ms(self) -> int:
        return max((send.after_ms for send in self.sends), default=0)

    @property
    def nudged(self) -> int:
        return sum(send.wrote for send in self.sends)

    def as_json(self) -> dict[str, Any]:
        return {
            "deaf_s": seconds(spread(self.deaf_ms)),
            "deaf_sent": len(self.sends),
            "deaf_last_s": self.last_ms / 1000,
            "deaf_nudged": self.nudged,
        }

    def as_line(self) -> str:
        meaning = (
            f"until the feeds were confirmed again; {len(self.sends)} messages left meanwhile, {self.nudged} of them to"
            f" people who had written, the last after {self.last_ms} ms, and none may leave after {LAST_MS} ms"
        )
        return line("deaf", spread(self.deaf_ms), meaning)


async def deafen(scene: Scene) -> Deafened:
    """Raises RecoveryError."""
    await scene.reached(_MOMENT)
    (victim,) = {name for name in scene.stack.pids if name.startswith("receiver-")}
    scene.stack.kill(victim)
    killed_ms = now_ms()
    await asyncio.sleep(DEAF_S)
    scene.stack.start_receiver()
    heard_ms = await _heard_ms(scene, killed_ms)
    record = await scene.client.record()
    sends = _sends(scene, (*record.rows, *record.open), killed_ms, heard_ms)
    return Deafened([heard - killed_ms for heard in heard_ms.values()], sends)


async def _heard_ms(scene: Scene, killed_ms: int) -> dict[int, int]:
    """When the feed of each bot was confirmed again."""
    heard: dict[int, int] = {}
    while len(heard) < len(scene.bots):
        fed = [bot for bot in scene.bots if bot not in heard and await scene.evidence.watermark(bot) > killed_ms]
        heard |= dict.fromkeys(fed, now_ms())
        await asyncio.sleep(LOOK_S)
    return heard


def _sends(scene: Scene, rows: Iterable[Row], killed_ms: int, heard_ms: dict[int, int]) -> list[Send]:
    """Of messages that left before the new receiver could have taken in anything."""
    return [
        Send(row.arrived_ms - killed_ms, _wrote(scene, row, killed_ms))
        for row in rows
        if row.method == "sendMessage" and killed_ms < row.arrived_ms < min(heard_ms.values())
    ]


def _wrote(scene: Scene, row: Row, killed_ms: int) -> bool:
    acts = scene.play.done[row.bot_id, row.chat_id or 0]
    return any(killed_ms < act.at_ms < row.arrived_ms for act in acts)
