"""Shows the verdict: to machines as one JSON object, to people as a table with a line for each fault."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.questions.faults.judge import Finding, Tally, Wrong

_MEANINGS: Final = {
    "duplicates": "messages that are in a chat more than once: must be 0",
    "stuck": "deliveries and episodes that have not ended: must be 0",
    "disagreements": "blocks for which the delivery and the chat disagree: must be 0",
    "unexpected": "chats that did not end as their fault requires: must be 0",
    "misplaced": "faults that struck a wrong block, or too often, or too rarely: must be 0",
    "not_held": "chats of a suspended bot that did not wait: must be 0",
    "overlaps": "messages sent before the previous one had its answer: must be 0",
    "violations": "calls that no bot should make, such as before a retry_after has passed: must be 0",
}
_COUNTED: Final = {
    "duplicates": Wrong.DUPLICATE,
    "stuck": Wrong.STUCK,
    "disagreements": Wrong.DISAGREEMENT,
    "unexpected": Wrong.UNEXPECTED,
    "misplaced": Wrong.MISPLACED,
    "not_held": Wrong.NOT_HELD,
    "overlaps": Wrong.OVERLAP,
}
_SHOWN: Final = 5
_KEPT: Final = "Every fault ended as it must, and every chat agrees with its deliveries."


class Outcome(NamedTuple):
    chats: int
    bots: int
    tallies: Mapping[str, Tally]
    findings: Sequence[Finding] = ()
    violations: int = 0

    @property
    def holds(self) -> bool:
        return not self.findings and not self.violations

    def as_json(self) -> dict[str, Any]:
        return {
            "chats": self.chats,
            "bots": self.bots,
            **self._figures(),
            "faults": {name: tally._asdict() for name, tally in self.tallies.items()},
            "holds": self.holds,
        }

    def as_table(self) -> str:
        figures = self._figures()
        return "\n".join(
            [
                f"{'fault':<26}{'chats':>5}  the struck block · the other blocks · the episodes",
                *(_line(name, tally) for name, tally in self.tallies.items()),
                *(f"{name:<14}{figures[name]:>4}  {meaning}" for name, meaning in _MEANINGS.items()),
                *(f"bot {one.chat[0]}, chat {one.chat[1]}: {one.what}" for one in self._some()),
                _KEPT if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )

    def _some(self) -> list[Finding]:
        """The first few of each kind."""
        return [one for wrong in Wrong for one in [it for it in self.findings if it.wrong is wrong][:_SHOWN]]

    def _figures(self) -> dict[str, int]:
        found = Counter(finding.wrong for finding in self.findings)
        return {name: found[wrong] for name, wrong in _COUNTED.items()} | {"violations": self.violations}


def _line(name: str, tally: Tally) -> str:
    return f"{name:<26}{tally.chats:>5}  {_counts(tally.struck)} · {_counts(tally.others)} · {_counts(tally.episodes)}"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{many} {what}" for what, many in counts.most_common())
