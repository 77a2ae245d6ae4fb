"""Shows the verdict on a burst: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

from bench.questions.burst.judge import FINISH_SLACK, MOST_ADDED_MS, Burst, Verdict, percentile

_MIDDLE: Final = 0.5
_KEPT: Final = "Every bot kept its pace, and none slowed another."


class Outcome(NamedTuple):
    """`busy`: the share of the machine's cores that the run used, sandbox and servers included."""

    burst: Burst
    verdict: Verdict
    violations: int
    cores: int
    busy: float

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not self.violations

    def as_json(self) -> dict[str, Any]:
        found = self.verdict
        finish, added = list(found.finish.values()), list(found.added_ms.values())
        return {
            "bots": len(self.burst.bots),
            "chats": self.burst.chats,
            "pace": self.burst.rate,
            "pace_is": _why(self),
            "sent": found.sent,
            "duplicates": found.duplicates,
            "lost": found.lost,
            "refused": found.refused,
            "planted": found.planted,
            "absorbed": found.absorbed,
            "over_pace": found.pace.over,
            "pace_worst": found.pace.worst,
            "finish_p50": round(percentile(finish, _MIDDLE), 3),
            "finish_worst": round(max(finish, default=0.0), 3),
            "late": found.late,
            "added_p50_ms": round(percentile(added, _MIDDLE), 1),
            "added_worst_ms": round(max(added, default=0.0), 1),
            "delayed": found.delayed,
            "violations": self.violations,
            "holds": self.holds,
        }

    def as_table(self) -> str:
        figures = self.as_json()
        return "\n".join(
            [
                f"{figures['bots']} bots, {figures['chats']} chats each, all due at once; {figures['pace_is']}",
                *(f"{name:<15}{figures[name]:>8}  {meaning}" for name, meaning in _MEANINGS.items()),
                _KEPT if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )


def _why(outcome: Outcome) -> str:
    return f"{outcome.burst.rate} a second and bot, which used {100 * outcome.busy:.0f} % of {outcome.cores} cores"


_MEANINGS: Final = {
    "sent": "messages",
    "duplicates": "must be 0",
    "lost": "chats that were sent nothing: must be 0",
    "refused": "429s that were not planted: must be 0",
    "planted": "429s that the refused bots received: must not be 0",
    "absorbed": "sends that the sandbox delayed instead of refusing them",
    "over_pace": "sends beyond a bot's pace: must be 0",
    "pace_worst": "messages ahead of pace and burst, the worst bot",
    "finish_p50": "when a bot was done, as a multiple of its chats divided by its pace",
    "finish_worst": "the slowest bot",
    "late": f"bots that took more than {1 + FINISH_SLACK:g} times as long: must be 0",
    "added_p50_ms": "added to the p99 of a bot's gaps while another bot was refused",
    "added_worst_ms": "the worst bot",
    "delayed": f"bots to whose p99 more than {MOST_ADDED_MS:g} ms were added: must be 0",
    "violations": "calls that no bot should make, such as before a retry_after has passed: must be 0",
}
