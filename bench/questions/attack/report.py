"""Shows the verdict: to machines as one JSON object, to people as a table with a column for each attack."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bench.questions.attack.bounds import FIGURES
from bench.questions.attack.judge import Verdict

_NAME: Final = 20
_COLUMN: Final = 11


class Conditions(NamedTuple):
    """`cores`: attackers, sandbox, bench and servers share them with the attacked processes."""

    seconds: int
    bots: int
    updates_per_s: int
    cores: int

    def __str__(self) -> str:
        return (
            f"{self.bots} bots and {self.updates_per_s} genuine updates a second, {self.seconds} s for each attack,"
            f" on {self.cores} cores for attackers, sandbox, bench, servers and engine together"
        )


class Outcome(NamedTuple):
    conditions: Conditions
    verdicts: Mapping[str, Verdict]

    @property
    def holds(self) -> bool:
        return bool(self.verdicts) and all(verdict.holds for verdict in self.verdicts.values())

    def as_json(self) -> dict[str, Any]:
        return {
            **self.conditions._asdict(),
            "bounds": {name: figure.most for name, figure in FIGURES.items() if figure.most is not None},
            "attacks": {
                name: {**verdict.figures, "attempts": {**verdict.attempts}, "broken": verdict.broken}
                for name, verdict in self.verdicts.items()
            },
            "holds": self.holds,
        }

    def as_table(self) -> str:
        return "\n".join(
            [
                str(self.conditions),
                f"{'':<{_NAME}}{''.join(f'{name:>{_COLUMN}}' for name in self.verdicts)}",
                *(self._line(name) for name in FIGURES),
                *(f"{name}: {_attempts(verdict)}" for name, verdict in self.verdicts.items() if verdict.attempts),
                "No attack reached the genuine users."
                if self.holds
                else "An attack REACHED the genuine users, the memory or the logs: see the figures with a !.",
            ]
        )

    def _line(self, name: str) -> str:
        values = "".join(f"{_value(name, verdict.figures[name]):>{_COLUMN}}" for verdict in self.verdicts.values())
        figure = FIGURES[name]
        return f"{name:<{_NAME}}{values}  {figure.meaning}{'' if figure.most is None else f': at most {figure.most}'}"


def _value(name: str, value: int) -> str:
    return f"{value}{'' if FIGURES[name].allows(value) else '!'}"


def _attempts(verdict: Verdict) -> str:
    return ", ".join(f"{count} × {what}" for what, count in sorted(verdict.attempts.items()))
