"""`kill -9` of a poller during the run, while sends are under way.

If no poller stands by, the bench starts another one. The killed poller's chats must go on within seconds; sends that
were on the wire may be in doubt.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from bench.questions.exactly_once import takeover
from bench.questions.exactly_once.finding import Finding, line, seconds
from bench.questions.exactly_once.judge import spread
from bench.questions.exactly_once.scene import Scene

RECOVERED_MS: Final = 5_000
_MOMENT: Final = 1 / 3


@dataclass(frozen=True)
class Killed(Finding):
    kills: ClassVar[bool] = True
    waits_ms: list[int]

    @property
    def holds(self) -> bool:
        return spread(self.waits_ms).p99 <= RECOVERED_MS

    @property
    def doubtful(self) -> int:
        """One request may have left no record."""
        return 1

    def as_json(self) -> dict[str, Any]:
        return {"recovered": len(self.waits_ms), "recovery_s": seconds(spread(self.waits_ms))}

    def as_line(self) -> str:
        meaning = (
            f"until {len(self.waits_ms)} chats of the killed poller went on; p99 must not exceed {RECOVERED_MS} ms"
        )
        return line("recovery", spread(self.waits_ms), meaning)


async def kill(scene: Scene) -> Killed:
    """Raises RecoveryError."""
    await scene.reached(_MOMENT)
    async with scene.slow_sends():
        victim = await scene.sending_poller()
        scene.stack.kill(victim.name)
        held = await scene.evidence.leased(victim.bots)
        if not scene.standbys:
            scene.stack.start_poller(victim.shard)
    return Killed(await takeover.waits_ms(scene, held))
