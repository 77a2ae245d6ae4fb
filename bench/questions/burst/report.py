"""How the verdict on a herd is told: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

from bench.questions.burst.judge import FINISH_SLACK, MOST_ADDED_MS, Herd, Verdict, percentile

_MIDDLE: Final = 0.5
_KEPT: Final = "Every bot kept its pace, and left the others theirs."


class Outcome(NamedTuple):
    """`busy`: the share of the machine's cores that the run took, sandbox and servers included."""

    herd: Herd
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
            "bots": len(self.herd.bots),
            "chats": self.herd.chats,
            "pace": self.herd.rate,
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
        told = self.as_json()
        return "\n".join(
            [
                f"{told['bots']} bots, {told['chats']} chats each, all due at once; {told['pace_is']}",
                *(f"{name:<15}{told[name]:>8}  {meaning}" for name, meaning in _MEANINGS.items()),
                _KEPT if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )


def _why(outcome: Outcome) -> str:
    return (
        f"{outcome.herd.rate} messages a second and bot, which took {100 * outcome.busy:.0f} % of {outcome.cores} cores"
    )


_MEANINGS: Final = {
    "sent": "messages",
    "duplicates": "must be 0",
    "lost": "chats that were sent nothing: must be 0",
    "refused": "429 that nobody planted: must be 0",
    "planted": "429 that the refused bots met: must be some",
    "absorbed": "sends that the sandbox let wait instead of refusing them",
    "over_pace": "sends beyond a bot's pace: must be 0",
    "pace_worst": "messages ahead of pace and burst, the worst bot",
    "finish_p50": "when a bot was done, as a multiple of its chats divided by its pace",
    "finish_worst": "the slowest bot",
    "late": f"bots that took more than {1 + FINISH_SLACK:g} times as long: must be 0",
    "added_p50_ms": "to the p99 of a bot's waits while another one was refused",
    "added_worst_ms": "the worst bot",
    "delayed": f"bots to whose p99 more than {MOST_ADDED_MS:g} ms were added: must be 0",
    "violations": "calls that no bot should make, such as before a retry_after has passed: must be 0",
}
