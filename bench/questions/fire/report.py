"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.rounds import Spread, Turn, spread

FIRE: Final = "fire"
CLAIM: Final = "raw_claim"
STATEMENTS: Final = "raw_statements"
MEANINGS: Final = {
    FIRE: "the pollers, from the claim to the committed delivery and the settled timer",
    CLAIM: "the claim script alone, over a bare connection",
    STATEMENTS: "the same rows alone, inserted and updated in batches",
}


class Outcome(NamedTuple):
    """`sent` of `armed` chats have a delivery that was sent, by the account of PostgreSQL."""

    bots: int
    pollers: int
    armed: int
    sent: int
    turns: Mapping[str, Sequence[Turn]]

    @property
    def holds(self) -> bool:
        """Nothing was lost on the way; how fast is for the reader to judge."""
        return self.sent == self.armed

    @property
    def ratio(self) -> Spread:
        """To the ceiling of the round: the slower of the two servers."""
        ceilings = zip(self.turns[CLAIM], self.turns[STATEMENTS], strict=True)
        least = (min(claim.per_s, statements.per_s) for claim, statements in ceilings)
        return spread((turn.per_s / most for turn, most in zip(self.turns[FIRE], least, strict=True)), 3)

    def as_json(self) -> dict[str, Any]:
        return {
            "bots": self.bots,
            "pollers": self.pollers,
            "rounds": len(self.turns[FIRE]),
            "armed": self.armed,
            "sent": self.sent,
            **{f"{name}_per_s": round(self._per_s(name)) for name in self.turns},
            "ratio_to_raw": self.ratio.median,
            "spread": {name: spread(turn.per_s for turn in turns) for name, turns in self.turns.items()},
            "cpu_ms_per_message": _cpu_ms(self.turns[FIRE]),
            "raw_cpu_ms": {name: _cpu_ms(self.turns[name]) for name in (CLAIM, STATEMENTS)},
            "holds": self.holds,
        }

    def as_table(self) -> str:
        found = self.as_json()
        costs = " · ".join(f"{name} {ms:.2f}" for name, ms in found["cpu_ms_per_message"].items())
        return "\n".join(
            [
                f"{self.bots} bots, {self.pollers} pollers; medians of {found['rounds']} rounds in turns",
                f"{'':<16}{'timers/s':>10}{'least':>10}{'most':>10}",
                *(_line(name, found["spread"][name]) for name in MEANINGS),
                f"CPU a timer, in ms: {costs}",
                f"The pollers reach {found['ratio_to_raw']:.2f} of the slower server alone.",
                f"{self.sent} of {self.armed} were sent.",
            ]
        )

    def _per_s(self, name: str) -> float:
        return spread(turn.per_s for turn in self.turns[name]).median


def _line(name: str, found: Spread) -> str:
    return f"{name:<16}{found.median:>10.0f}{found.least:>10.0f}{found.most:>10.0f}  {MEANINGS[name]}"


def _cpu_ms(turns: Sequence[Turn]) -> dict[str, float]:
    used = {name: spread((turn.cpu_us(name) / 1000 for turn in turns), 3).median for name in turns[0].cpu_s}
    return used | {"total": round(sum(used.values()), 3)}
