"""A poller is frozen during the run while sends are under way, and wakes up long after another one took its shard.

It is like a machine that was paused: it wakes up with claims that are no longer its own, and must not send under them.
The bench tries to freeze it at the worst moment: while it has a transaction open, and so holds locks on rows that its
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
"""How long the servers take to answer earlier requests."""
_BETWEEN_S: Final = 0.03


@dataclass(frozen=True)
class Frozen(Finding):
    """`under_way`: sends that had arrived and not ended when it was frozen."""

    under_way: int
    waits_ms: list[int]
    in_transaction: bool = False

    @property
    def doubtful(self) -> int:
        """The sends under way, and one request that had not arrived yet."""
        return self.under_way + 1

    def as_json(self) -> dict[str, Any]:
        return {
            "frozen_under_way": self.under_way,
            "frozen_in_transaction": self.in_transaction,
            "frozen_recovered": len(self.waits_ms),
            "frozen_recovery_s": seconds(spread(self.waits_ms)),
        }

    def as_line(self) -> str:
        meaning = (
            f"until {len(self.waits_ms)} chats of the frozen poller went on; {self.under_way} sends were under way"
        )
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
    """Freezes it until it stops within a transaction, or attempts run out. Gives whether it did."""
    for _ in range(_ATTEMPTS):
        scene.stack.freeze(victim.name)
        await asyncio.sleep(_ANSWERED_S)
        if await scene.evidence.in_transaction(ports_of(scene.stack.pids[victim.name])):
            return True
        scene.stack.thaw(victim.name)
        await asyncio.sleep(_BETWEEN_S)
    scene.stack.freeze(victim.name)
    return False


async def _thaw(scene: Scene, victim: Victim) -> None:
    await asyncio.sleep(STILL_S)
    scene.stack.thaw(victim.name)
