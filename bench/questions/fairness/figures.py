"""Compares how late the others' messages were claimed: while one bot has its burst, and while none has. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.observations import Observed
from bench.harness.percentiles import tail
from bench.harness.rounds import Spread, spread

P99: Final = "p99"


class Window(NamedTuple):
    """What fell due within it is measured."""

    from_ms: int
    until_ms: int

    def holds(self, one: Observed) -> bool:
        return self.from_ms <= one.due_ms < self.until_ms


class Round(NamedTuple):
    """The same trickle twice: first alone, then beside the burst of one bot."""

    calm: Window
    burst: Window


class Figures(NamedTuple):
    """Of one round. `others`: how many messages of other bots were measured beside the burst."""

    others: int
    served: int
    calm_ms: Mapping[str, float]
    burst_ms: Mapping[str, float]

    @property
    def added_ms(self) -> float:
        return self.burst_ms[P99] - self.calm_ms[P99]


class Outcome(NamedTuple):
    """`bursting` is the bot with the burst of `size` chats."""

    bots: int
    size: int
    early: int
    rounds: Sequence[Figures]

    @property
    def holds(self) -> bool:
        """Nothing was early, and there was a burst and others beside it; how late is for the reader to judge."""
        return not self.early and all(one.others and one.served for one in self.rounds)

    @property
    def added_ms(self) -> Spread:
        return spread((one.added_ms for one in self.rounds), 2)

    def as_json(self) -> dict[str, Any]:
        return {
            "bots": self.bots,
            "burst": self.size,
            "early": self.early,
            "calm_ms": self._medians("calm_ms"),
            "burst_ms": self._medians("burst_ms"),
            "added_p99_ms": self.added_ms.median,
            "spread": {"added_p99_ms": self.added_ms},
            "rounds": [one._asdict() for one in self.rounds],
            "holds": self.holds,
        }

    def as_table(self) -> str:
        found = self.as_json()
        return "\n".join(
            [
                f"{self.bots - 1} bots with a trickle, one with a burst of {self.size}; ms from due to committed claim",
                f"{'':<18}{'p50':>8}{'p99':>8}{'p99.9':>8}",
                _line("without the burst", found["calm_ms"]),
                _line("beside the burst", found["burst_ms"]),
                f"added to the p99: {_range(self.added_ms)} ms; {self.early} were early: must be 0",
            ]
        )

    def _medians(self, name: str) -> dict[str, float]:
        return {rank: spread((getattr(one, name)[rank] for one in self.rounds), 2).median for rank in RANKS}


RANKS: Final = ("p50", P99, "p999")


def outcome(bursting: int, bots: int, size: int, rounds: Sequence[Round], observed: Sequence[Observed]) -> Outcome:
    early = sum(one.claim_ms < 0 for one in observed)
    return Outcome(bots, size, early, [_figures(bursting, one, observed) for one in rounds])


def _figures(bursting: int, windows: Round, observed: Sequence[Observed]) -> Figures:
    others = [one for one in observed if one.bot_id != bursting]
    beside = [one.claim_ms for one in others if windows.burst.holds(one)]
    return Figures(
        others=len(beside),
        served=sum(one.bot_id == bursting and windows.burst.holds(one) for one in observed),
        calm_ms=tail([one.claim_ms for one in others if windows.calm.holds(one)]),
        burst_ms=tail(beside),
    )


def _range(added: Spread) -> str:
    return f"{added.median:g} ({added.least:g} to {added.most:g})"


def _line(name: str, late: Mapping[str, float]) -> str:
    return f"{name:<18}" + "".join(f"{late[rank]:>8.1f}" for rank in RANKS)
