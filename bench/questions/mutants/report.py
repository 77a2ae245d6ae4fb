"""Shows which faults were noticed: to machines as one JSON object, to people as a table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.questions.mutants.judge import Tried, Verdict


class Outcome(NamedTuple):
    """`why`: of each fault, by its name."""

    tried: Sequence[Tried]
    why: dict[str, str]
    seconds: float

    @property
    def holds(self) -> bool:
        return all(one.verdict is Verdict.KILLED for one in self.tried)

    def names(self, verdict: Verdict) -> list[str]:
        return [one.name for one in self.tried if one.verdict is verdict]

    def as_json(self) -> dict[str, Any]:
        return {
            "total": len(self.tried),
            "killed": len(self.names(Verdict.KILLED)),
            "survivors": self.names(Verdict.SURVIVED),
            "untried": self.names(Verdict.UNTRIED),
            "seconds": round(self.seconds),
            "mutants": [one._asdict() | {"seconds": round(one.seconds, 1)} for one in self.tried],
            "holds": self.holds,
        }

    def as_table(self) -> str:
        rows = [
            f"{one.name:<36}{one.verdict:<10}{one.seconds:>6.1f} s  {one.detail or self.why[one.name]}"
            for one in sorted(self.tried, key=lambda one: (one.verdict is Verdict.KILLED, one.name))
        ]
        return "\n".join([*rows, "", self._sum()])

    def _sum(self) -> str:
        survived, untried = self.names(Verdict.SURVIVED), self.names(Verdict.UNTRIED)
        killed = len(self.tried) - len(survived) - len(untried)
        return f"{len(self.tried)} faults: {killed} noticed, {len(survived)} SURVIVED, {len(untried)} not tried."
