"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.rounds import Turn, ratio, spread

WEBHOOK: Final = "webhook"
BARE: Final = "bare"
POLLING: Final = "polling"
MEANINGS: Final = {
    WEBHOOK: "the receiver, by webhook",
    BARE: "a handler of the same HTTP server that reads the body and answers 200",
    POLLING: "the receiver, by polling: answers of 100 updates",
}


class Outcome(NamedTuple):
    bots: int
    turns: Mapping[str, Sequence[Turn]]

    @property
    def holds(self) -> bool:
        """Updates were taken in every turn; how many is for the reader to judge."""
        return all(turn.done for turns in self.turns.values() for turn in turns)

    def as_json(self) -> dict[str, Any]:
        return {
            "bots": self.bots,
            "rounds": len(self.turns[WEBHOOK]),
            **{
                f"{name}_per_s": round(spread(turn.per_s for turn in turns).median)
                for name, turns in self.turns.items()
            },
            "webhook_ratio_to_bare": self._ratio,
            "spread": {name: spread(turn.per_s for turn in turns) for name, turns in self.turns.items()},
            "cpu_us": {name: _cpu_us(turns) for name, turns in self.turns.items()},
            "holds": self.holds,
        }

    def as_table(self) -> str:
        found = self.as_json()
        return "\n".join(
            [
                f"{self.bots} bots; medians of {found['rounds']} rounds in turns; µs of CPU for an update",
                f"{'':<10}{'updates/s':>10}{'least':>10}{'most':>10}",
                *(self._line(name, found) for name in MEANINGS),
                f"The receiver takes {found['webhook_ratio_to_bare']:.2f} of what a bare handler takes.",
            ]
        )

    def _line(self, name: str, found: Mapping[str, Any]) -> str:
        median, least, most = found["spread"][name]
        costs = " · ".join(f"{process} {used:.0f}" for process, used in found["cpu_us"][name].items())
        return f"{name:<10}{median:>10.0f}{least:>10.0f}{most:>10.0f}  {MEANINGS[name]}\n{'':<10}{costs}"

    @property
    def _ratio(self) -> float:
        return ratio(self.turns[WEBHOOK], self.turns[BARE]).median


def _cpu_us(turns: Sequence[Turn]) -> dict[str, float]:
    """Of every process that had a part in it."""
    used = {name: spread((turn.cpu_us(name) for turn in turns), 1).median for name in turns[0].cpu_s}
    return {name: us for name, us in used.items() if us >= 1}
