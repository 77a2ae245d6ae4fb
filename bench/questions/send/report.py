"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from bench.questions.send.aiogram_alone import Done
from bench.questions.send.figures import Figures


class Compared(NamedTuple):
    """A herd, and aiogram alone with the same chats of the same sandbox right after it."""

    engine: Figures
    alone: Done

    @property
    def cpu_ratio(self) -> float:
        """CPU of the pollers for a message, in parts of what aiogram alone used for it."""
        return round(self.engine.cpu_ms_per_message["pollers"] / self.alone.cpu_ms_per_message, 2)

    def as_json(self) -> dict[str, Any]:
        alone = {"aiogram_per_s": round(self.alone.per_s), "aiogram_cpu_ms": round(self.alone.cpu_ms_per_message, 3)}
        return self.engine.as_json() | alone | {"cpu_ratio_to_aiogram": self.cpu_ratio}


class Outcome(NamedTuple):
    runs: Sequence[Compared]

    @property
    def holds(self) -> bool:
        """Everything was sent, once, within the limits; how fast is for the reader to judge."""
        return bool(self.runs) and all(run.engine.holds for run in self.runs)

    def as_json(self) -> dict[str, Any]:
        first = self.runs[0].as_json() if len(self.runs) == 1 else {}
        return {**first, "runs": [run.as_json() for run in self.runs], "holds": self.holds}

    def as_table(self) -> str:
        verdict = "Everything was sent once." if self.holds else "Something is NOT as it must be."
        return "\n".join([*map(_row, self.runs), verdict])


def _row(run: Compared) -> str:
    found = run.engine
    cpu = " · ".join(f"{name} {value:.2f}" for name, value in found.cpu_ms_per_message.items())
    return (
        f"{found.herd.bots} bots, pace {found.herd.pace}: {found.messages} sent, {found.per_s:.0f}/s,"
        f" {found.refused} refused, {found.violations} violations; CPU ms a message: {cpu};"
        f" aiogram alone {run.alone.per_s:.0f}/s, {run.alone.cpu_ms_per_message:.2f} ms ({run.cpu_ratio} times)"
    )
