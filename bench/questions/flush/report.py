"""Shows the verdict: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

from bench.questions.flush.judge import GRACE_MS, ROUNDED_MS, Verdict

MOST_S: Final = 60.0
_MEANINGS: Final = {
    "chats": "chats that were armed when Redis was emptied",
    "wrote": "people who wrote in the 30 s before and while the timers were rebuilt",
    "due": "chats whose silence ended meanwhile",
    "nudged": "of these, how many were sent their message",
    "lost": "due and never nudged, or without a timer in the end: must be 0",
    "duplicates": "nudged twice: must be 0",
    "wrong_nudges": "nudged although they had written, or before their time: must be 0",
    "crossed": f"nudged before their message was taken in, or within {GRACE_MS} ms after it",
    "armed": "timers in the end",
    "armed_early": "timers that would nudge before the threshold has passed: must be 0",
    "armed_late": f"timers that are more than {ROUNDED_MS} ms too late: must be 0",
}
_WRONG: Final = ("lost", "duplicates", "wrong_nudges", "armed_early", "armed_late")


class Outcome(NamedTuple):
    """`whole_s`: until all timers were known to be whole. `bots`: how many must fire again."""

    chats: int
    wrote: int
    bots: int
    whole_s: float
    verdict: Verdict

    @property
    def firing_s(self) -> float | None:
        """Until the last bot sent again; None if one never did."""
        firing = self.verdict.firing_ms
        return max(firing.values()) / 1000 if len(firing) == self.bots else None

    @property
    def holds(self) -> bool:
        wrong = any(getattr(self.verdict, name) for name in _WRONG)
        return not wrong and self.firing_s is not None and self.firing_s <= MOST_S

    def as_json(self) -> dict[str, Any]:
        return {
            **self._figures(),
            "seconds_until_whole": round(self.whole_s, 1),
            "seconds_until_firing": self.firing_s,
            "holds": self.holds,
        }

    def as_table(self) -> str:
        figures = self._figures()
        firing = "never" if self.firing_s is None else f"{self.firing_s:.1f} s"
        return "\n".join(
            [
                *(f"{name:<14}{figures[name]:>9}  {meaning}" for name, meaning in _MEANINGS.items()),
                f"All timers were whole again after {self.whole_s:.1f} s",
                f"Every bot sends again after {firing}, at most {MOST_S:.0f} s",
                "Nothing was lost." if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )

    def _figures(self) -> dict[str, int]:
        figures = {"chats": self.chats, "wrote": self.wrote, **self.verdict._asdict()}
        return {name: figures[name] for name in _MEANINGS}
