"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bench.harness.medians import medians, spreads
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
        share = {"share_of_pace": self.engine.share_of_pace, "cpu_ratio_to_aiogram": self.cpu_ratio}
        return self.engine.as_json() | alone | share


class Outcome(NamedTuple):
    """By pace, the herd of each round."""

    found: Mapping[int, Sequence[Compared]]

    @property
    def holds(self) -> bool:
        """Everything was sent, once, within the limits; how fast is for the reader to judge."""
        runs = [run for rounds in self.found.values() for run in rounds]
        return bool(runs) and all(run.engine.holds for run in runs)

    def as_json(self) -> dict[str, Any]:
        paces = {f"pace_{pace}": _summary(rounds) for pace, rounds in self.found.items()}
        return {**(next(iter(paces.values())) if len(paces) == 1 else paces), "holds": self.holds}

    def as_table(self) -> str:
        verdict = "Everything was sent once." if self.holds else "Something is NOT as it must be."
        return "\n".join([*(_row(_summary(rounds)) for rounds in self.found.values()), verdict])


def _summary(rounds: Sequence[Compared]) -> dict[str, Any]:
    """Medians; but what must not happen is counted in all rounds."""
    runs = [run.as_json() for run in rounds]
    never = {name: sum(run[name] for run in runs) for name in ("duplicates", "refused", "violations")}
    return medians(runs) | never | {"rounds": len(runs), "spread": spreads(runs)}


def _row(run: Mapping[str, Any]) -> str:
    cpu = " · ".join(f"{name} {value:.2f}" for name, value in run["cpu_ms_per_message"].items())
    return (
        f"{run['bots']} bots, pace {run['pace']}: {run['messages']:.0f} sent, {run['per_s']:.0f}/s,"
        f" {run['refused']} refused, {run['violations']} violations; CPU ms a message: {cpu};"
        f" aiogram alone {run['aiogram_per_s']:.0f}/s, {run['aiogram_cpu_ms']:.2f} ms"
        f" ({run['cpu_ratio_to_aiogram']} times)"
    )
