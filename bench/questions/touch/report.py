"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.rounds import Turn, ratio, spread

RAW: Final = "raw"
ZADD: Final = "zadd"
LISTS: Final = "lists"
CALLERS: Final = {"single_1": 1, "single_64": 64, "single": 1_000}
OURSELVES: Final = "client"
SERVER: Final = "valkey"
SINGLE_PER_S: Final = 120_000
SINGLE_RATIO: Final = 0.65

MEANINGS: Final = {
    RAW: "the script alone: prepared lists over a bare connection",
    ZADD: "a bare ZADD: no version, no state",
    LISTS: "Timers.touch, in lists",
    "single": "mark_user_activity, 1,000 callers",
    "single_64": "mark_user_activity, 64 callers",
    "single_1": "mark_user_activity, one caller",
}


class Outcome(NamedTuple):
    """`written_behind_per_s`: the chats whose last activity PostgreSQL took, after the touches."""

    chats: int
    turns: Mapping[str, Sequence[Turn]]
    written_behind_per_s: float

    @property
    def holds(self) -> bool:
        """Every contestant touched chats in every round; how many is for the reader to judge."""
        return all(turn.done for turns in self.turns.values() for turn in turns)

    @property
    def single_part_of_goal(self) -> float:
        """Of the number or of the share, whichever is nearer: one of them is enough."""
        return max(self._per_s("single") / SINGLE_PER_S, self._ratio("single") / SINGLE_RATIO)

    def as_json(self) -> dict[str, Any]:
        return {
            "chats": self.chats,
            "rounds": len(self.turns[RAW]),
            **{f"{name}_per_s": round(self._per_s(name)) for name in self.turns},
            **{f"{name}_ratio_to_raw": self._ratio(name) for name in self.turns if name != RAW},
            "single_part_of_goal": self.single_part_of_goal,
            "spread": {name: spread(turn.per_s for turn in turns) for name, turns in self.turns.items()},
            "client_us": {name: self._cpu_us(name, OURSELVES) for name in self.turns},
            "server_us": {name: self._cpu_us(name, SERVER) for name in self.turns},
            "written_behind_per_s": round(self.written_behind_per_s),
            "holds": self.holds,
        }

    def as_table(self) -> str:
        found = self.as_json()
        return "\n".join(
            [
                f"{self.chats} armed chats; medians of {found['rounds']} rounds in turns; µs of CPU for a touch",
                f"{'':<12}{'touches/s':>10}{'least':>10}{'most':>10}{'to raw':>8}{'client':>8}{'server':>8}",
                *(self._line(name, found) for name in MEANINGS),
                f"PostgreSQL gets the last activity of {found['written_behind_per_s']} chats a second, behind.",
            ]
        )

    def _line(self, name: str, found: Mapping[str, Any]) -> str:
        median, least, most = found["spread"][name]
        to_raw = 1.0 if name == RAW else found[f"{name}_ratio_to_raw"]
        costs = f"{found['client_us'][name]:>8.2f}{found['server_us'][name]:>8.2f}"
        return f"{name:<12}{median:>10.0f}{least:>10.0f}{most:>10.0f}{to_raw:>8.2f}{costs}  {MEANINGS[name]}"

    def _per_s(self, name: str) -> float:
        return spread(turn.per_s for turn in self.turns[name]).median

    def _ratio(self, name: str) -> float:
        return ratio(self.turns[name], self.turns[RAW]).median

    def _cpu_us(self, name: str, process: str) -> float:
        return spread((turn.cpu_us(process) for turn in self.turns[name]), 2).median
