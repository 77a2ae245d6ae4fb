"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Sequence
from statistics import quantiles
from typing import Any, Final, NamedTuple

MOST_MS: Final = 300


class Shown(NamedTuple):
    """One screen: ms from the tap to the redraw, and its SQL statements with little data and with a lot."""

    name: str
    redraws_ms: Sequence[float]
    statements_before: int
    statements: int

    @property
    def p50_ms(self) -> float:
        return quantiles(self.redraws_ms, n=100, method="inclusive")[49]

    @property
    def p95_ms(self) -> float:
        return quantiles(self.redraws_ms, n=100, method="inclusive")[94]

    @property
    def holds(self) -> bool:
        return self.p95_ms <= MOST_MS and self.statements == self.statements_before

    def as_json(self) -> dict[str, Any]:
        return {
            "screen": self.name,
            "p50_ms": round(self.p50_ms, 1),
            "p95_ms": round(self.p95_ms, 1),
            "statements_before": self.statements_before,
            "statements": self.statements,
            "holds": self.holds,
        }


class Outcome(NamedTuple):
    bots: int
    steps: int
    deliveries: int
    screens: Sequence[Shown]

    @property
    def holds(self) -> bool:
        return bool(self.screens) and all(screen.holds for screen in self.screens)

    def as_json(self) -> dict[str, Any]:
        counts = {"bots": self.bots, "steps": self.steps, "deliveries": self.deliveries}
        return {**counts, "screens": [screen.as_json() for screen in self.screens], "holds": self.holds}

    def as_table(self) -> str:
        return "\n".join(
            [
                f"{self.bots} bots, {self.steps} steps, {self.deliveries} deliveries",
                f"{'screen':<12}{'p50 ms':>8}{'p95 ms':>8}{'statements':>12}",
                *(map(_row, self.screens)),
                f"Every screen is shown within {MOST_MS} ms, and more data cost no more statements."
                if self.holds
                else "Something is NOT as it must be.",
            ]
        )


def _row(screen: Shown) -> str:
    statements = f"{screen.statements_before} → {screen.statements}"
    flaw = "" if screen.holds else "  !"
    return f"{screen.name:<12}{screen.p50_ms:>8.1f}{screen.p95_ms:>8.1f}{statements:>12}{flaw}"
