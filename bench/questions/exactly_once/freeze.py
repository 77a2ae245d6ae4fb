"""A poller stands still in mid-run while sends are under way, and comes back when its shard is long another's.

As a machine that was paused: it wakes up with claims that are no longer its own, and must not send by them. It is
struck at its worst moment, if one is found: while it keeps a transaction open, and with it locks on rows that its
successor needs.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from bench.harness.connections import ports_of
from bench.questions.exactly_once import takeover
from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import Scene, Victim

STILL_S: Final = 10.0
_MOMENT: Final = 1 / 2
_ATTEMPTS: Final = 30
_ANSWERED_S: Final = 0.02
"""So long the servers take to answer what was asked before."""
_BETWEEN_S: Final = 0.03


@dataclass(frozen=True)
class Frozen(Finding):
    """`under_way`: sends that had arrived and not ended when it stood still."""

    under_way: int
    waits_ms: list[int]
    in_transaction: bool = False

    @property
    def doubtful(self) -> int:
        """What was under way, and one request that had not arrived yet."""
        return self.under_way + 1

    def as_json(self) -> dict[str, Any]:
        return {
            "frozen_under_way": self.under_way,
            "frozen_in_transaction": self.in_transaction,
            "frozen_recovered": len(self.waits_ms),
            "frozen_recovery_s": seconds(spread(self.waits_ms)),
        }

    def as_line(self) -> str:
        meaning = f"until {len(self.waits_ms)} chats of the frozen went on; {self.under_way} sends were under way"
        return line("frozen", spread(self.waits_ms), meaning)


async def freeze(scene: Scene) -> Frozen:
    """Raises RecoveryError."""
    await scene.reached(_MOMENT)
    async with scene.slow_sends():
        victim = await scene.sending_poller()
        in_transaction = await _freeze(scene, victim)
        under_way, held = await scene.under_way(victim), await scene.evidence.leased(victim.bots)
    waits_ms, _ = await asyncio.gather(takeover.waits_ms(scene, held), _thaw(scene, victim))
    return Frozen(under_way, waits_ms, in_transaction)


async def _freeze(scene: Scene, victim: Victim) -> bool:
    """Freeze it, again and again, until it stands still inside a transaction; gives whether it does."""
    for _ in range(_ATTEMPTS):
        scene.house.freeze(victim.name)
        await asyncio.sleep(_ANSWERED_S)
        if await scene.evidence.in_transaction(ports_of(scene.house.pids[victim.name])):
            return True
        scene.house.thaw(victim.name)
        await asyncio.sleep(_BETWEEN_S)
    scene.house.freeze(victim.name)
    return False


async def _thaw(scene: Scene, victim: Victim) -> None:
    await asyncio.sleep(STILL_S)
    scene.house.thaw(victim.name)
