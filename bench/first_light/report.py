"""How a verdict is told: to machines as one JSON object, to people as a table that says how to read it."""

from typing import Any, Final, NamedTuple

from bench.first_light.judge import GRACE_MS, Spread, Verdict, spread

_MEANINGS: Final = {
    "chats": "chats in all",
    "episodes": "silences for which a sequence was owed",
    "sent": "messages that the sandbox accepted",
    "expected": "messages that had to go out, by the script",
    "optional": "accepted beyond that: a reply lost its race against a message",
    "duplicates": "accepted twice: must be 0",
    "lost": "expected, neither accepted nor unknown: must be 0",
    "crossed": f"the one message that may arrive within {GRACE_MS} ms after a reply",
    "sent_after_reply": "any other after a reply: must be 0",
    "sent_to_paid": "to somebody who had paid: must be 0",
    "early": "before the silence was long enough, or the schedule said so: must be 0",
    "unknown": "sends of which PostgreSQL cannot say whether they arrived: must be 0",
    "broken_off": "sends that the sandbox saw broken off",
}
_UNKNOWN_AFTER_KILL: Final = "sends of which nobody can say whether they arrived: at most broken_off + 1"


class Outcome(NamedTuple):
    """What a run showed. `recovery_ms` is None where no poller was killed."""

    verdict: Verdict
    recovery_ms: list[int] | None

    @property
    def holds(self) -> bool:
        return self.verdict.holds(killed=self.recovery_ms is not None)

    def as_json(self) -> dict[str, Any]:
        told = self.verdict._asdict() | {"lateness_ms": self.verdict.lateness_ms._asdict()}
        if self.recovery_ms is not None:
            told["recovery_s"] = {name: ms / 1000 for name, ms in spread(self.recovery_ms)._asdict().items()}
        return told

    def as_table(self) -> str:
        meanings = _MEANINGS | ({"unknown": _UNKNOWN_AFTER_KILL} if self.recovery_ms is not None else {})
        told = self.verdict._asdict()
        return "\n".join(
            [
                *(f"{name:<17}{told[name]:>6}  {meaning}" for name, meaning in meanings.items()),
                _spread("lateness", self.verdict.lateness_ms, "first message after threshold; a herd waits its turn"),
                *self._recovery(),
                "All promises were kept." if self.holds else "A promise was BROKEN: see the lines that must be 0.",
            ]
        )

    def _recovery(self) -> list[str]:
        if self.recovery_ms is None:
            return []
        return [
            _spread("recovery", spread(self.recovery_ms), f"until {len(self.recovery_ms)} chats of the killed went on")
        ]


def _spread(name: str, values: Spread, meaning: str) -> str:
    return f"{name:<10}p50 {values.p50} ms, p99 {values.p99} ms, max {values.max} ms  {meaning}"
