"""How a verdict is told: to machines as one JSON object, to people as a table that says how to read it."""

from typing import Any, Final, NamedTuple

from bench.questions.message_kinds.judge import ON_TIME_MS, Later, Tally, Verdict

_MEANINGS: Final = {
    "missing": "blocks that a chat lacks: must be 0",
    "strangers": "messages that nobody composed: must be 0",
    "disagreements": "blocks of which the engine holds another state than the chat shows: must be 0",
    "unasked": "blocks that were deleted or changed though nothing asked for it: must be 0",
    "early": "blocks that came before their delay was over: must be 0",
    "unannounced": "delays during which nothing said that more is coming: must be 0",
    "violations": "calls that no bot should make: must be 0",
    "rejected": "calls that the sandbox refused: must be 0",
    "unmodelled": "calls that the sandbox only nodded at: must be 0",
}


_HEAD: Final = "kind           sent  uploads  (owed)  cache hits  violations  duplicates"


class Outcome(NamedTuple):
    """What a run showed. `fastest`: messages of one bot within any second."""

    bots: int
    chats: int
    verdict: Verdict
    violations: int
    rejected: int
    unmodelled: int
    fastest: int

    @property
    def holds(self) -> bool:
        return self.verdict.holds and not (self.violations or self.rejected or self.unmodelled)

    def as_json(self) -> dict[str, Any]:
        told = self.verdict._asdict() | self._asdict()
        del told["verdict"]
        told["kinds"] = {name: tally._asdict() for name, tally in self.verdict.kinds.items()}
        told["deletions"] = self.verdict.deletions._asdict()
        told["aftermath"] = self.verdict.aftermath._asdict()
        return told | {"holds": self.holds}

    def as_table(self) -> str:
        verdict, figures = self.verdict, self.as_json()
        spoken = ", ".join(f"{chats} in {language}" for language, chats in verdict.languages.items())
        return "\n".join(
            [
                f"{self.bots} bots, {self.chats} chats: {spoken}; {verdict.fallbacks} times a fallback for a name",
                _HEAD,
                *(_row(name, tally) for name, tally in verdict.kinds.items()),
                *(f"{name:<14}{figures[name]:>6}  {meaning}" for name, meaning in _MEANINGS.items()),
                f"{'differs':<14}{verdict.differs or 0!s:>6}  what looks otherwise than composed: must be 0",
                f"{'fastest':<14}{self.fastest:>6}  messages of one bot within a second",
                _later("deletions", verdict.deletions, f"by themselves; after {ON_TIME_MS} ms at most"),
                _later("aftermath", verdict.aftermath, "after a return or a payment"),
                "All is as it was composed." if self.holds else "Something is NOT as composed: see what must be 0.",
            ]
        )


def _row(name: str, tally: Tally) -> str:
    return (
        f"{name:<12}{tally.sent:>7}{tally.uploads:>9}{tally.owed:>8}{tally.cache_hits:>12}"
        f"{tally.violations:>12}{tally.duplicates:>12}"
    )


def _later(name: str, later: Later, meaning: str) -> str:
    early = f", {later.early} too early" if later.early else ""
    return f"{name:<14}{later.done:>6}  of {later.due}{early}, {meaning}; at worst after {later.worst_ms} ms"
