"""Shows a verdict: to machines as one JSON object, to people as a table that explains each figure."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench.harness import pace
from bench.questions.exactly_once.finding import Finding, line
from bench.questions.exactly_once.judge import GRACE_MS, Verdict

_MEANINGS: Final = {
    "chats": "chats in all",
    "episodes": "silences for which a sequence was owed",
    "sent": "messages that the sandbox accepted",
    "expected": "messages that had to go out by the script",
    "optional": "accepted beyond that, because a reply lost its race or a doubt began the silence again",
    "duplicates": "accepted twice: must be 0",
    "lost": "expected, but neither accepted nor unknown: must be 0",
    "crossed": f"the one message that may arrive within {GRACE_MS} ms after a reply",
    "sent_after_reply": "any other message after a reply: must be 0",
    "sent_to_paid": "messages to people who had paid: must be 0",
    "sent_to_opted_out": "messages to people who had opted out: must be 0",
    "early": "messages before threshold or schedule: must be 0",
    "unknown": "sends whose outcome is unknown: must be 0",
    "broken_off": "sends whose connection broke",
    "violations": "calls that no bot should make, such as before a retry_after has passed: must be 0",
    "over_pace": f"accepted more than {pace.TOLERANCE:g} ahead of the bot's pace and its burst: must be 0",
}


class Outcome(NamedTuple):
    """The result of a run, and the findings of its disturbances."""

    verdict: Verdict
    findings: Sequence[Finding] = ()
    violations: int = 0

    @property
    def holds(self) -> bool:
        kept = self.verdict.holds(self._doubtful) and not self.violations
        return kept and all(finding.holds for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        figures = self._figures() | {
            "lateness_ms": self.verdict.lateness_ms._asdict(),
            "pace": {str(bot): ahead for bot, ahead in self.verdict.pace.overfill.items()},
        }
        for finding in self.findings:
            figures |= finding.as_json()
        return figures | {"holds": self.holds}

    def as_table(self) -> str:
        figures, verdict = self._figures(), self.verdict
        return "\n".join(
            [
                *(f"{name:<17}{figures[name]:>6}  {meaning}" for name, meaning in self._meanings().items()),
                line(
                    "lateness", verdict.lateness_ms, "from the threshold to the first message; a burst waits its turn"
                ),
                f"{'pace':<10}{verdict.pace.worst:g} messages ahead of pace and burst, the worst bot",
                *(finding.as_line() for finding in self.findings),
                "All promises were kept." if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )

    @property
    def _doubtful(self) -> int:
        """How many sends may be in doubt after these disturbances."""
        broken_off = self.verdict.broken_off if any(finding.kills for finding in self.findings) else 0
        return broken_off + sum(finding.doubtful for finding in self.findings)

    def _figures(self) -> dict[str, Any]:
        figures = self.verdict._asdict() | {"over_pace": self.verdict.pace.over, "violations": self.violations}
        return {name: figures[name] for name in _MEANINGS}

    def _meanings(self) -> dict[str, str]:
        if not self._doubtful:
            return _MEANINGS
        return _MEANINGS | {"unknown": f"sends whose outcome is unknown: must not exceed {self._doubtful}"}
