"""Shows a verdict: to machines as one JSON object, to people as a table that explains each figure."""

from typing import Any, Final, NamedTuple

from bench.questions.message_kinds.judge import ON_TIME_MS, Later, Tally, Verdict

_MEANINGS: Final = {
    "missing": "blocks that a chat lacks: must be 0",
    "strangers": "messages that no block composes: must be 0",
    "disagreements": "blocks for which the engine's state differs from what the chat shows: must be 0",
    "unasked": "blocks that were deleted or changed without a reason: must be 0",
    "early": "blocks that came before their delay was over: must be 0",
    "unannounced": "delays without a chat action that announces the next block: must be 0",
    "violations": "calls that no bot should make: must be 0",
    "rejected": "calls that the sandbox refused: must be 0",
    "unmodelled": "calls that the sandbox accepted without modelling them: must be 0",
}
_HEAD: Final = "kind           sent  uploads  (owed)  cache hits  violations  duplicates"


class Outcome(NamedTuple):
    """The result of a run. `fastest`: the most messages of one bot within any second."""

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
        figures = self.verdict._asdict() | self._asdict()
        del figures["verdict"]
        figures["kinds"] = {name: tally._asdict() for name, tally in self.verdict.kinds.items()}
        figures["deletions"] = self.verdict.deletions._asdict()
        figures["aftermath"] = self.verdict.aftermath._asdict()
        return figures | {"holds": self.holds}

    def as_table(self) -> str:
        verdict, figures = self.verdict, self.as_json()
        spoken = ", ".join(f"{chats} in {language}" for language, chats in verdict.languages.items())
        return "\n".join(
            [
                f"{self.bots} bots, {self.chats} chats: {spoken}; {verdict.fallbacks} fallbacks for a name",
                _HEAD,
                *(_row(name, tally) for name, tally in verdict.kinds.items()),
                *(f"{name:<14}{figures[name]:>6}  {meaning}" for name, meaning in _MEANINGS.items()),
                f"{'differs':<14}{verdict.differs or 0!s:>6}  fields that are not as composed: must be 0",
                f"{'fastest':<14}{self.fastest:>6}  messages of one bot within a second",
                _later("deletions", verdict.deletions, f"by themselves, within {ON_TIME_MS} ms"),
                _later("aftermath", verdict.aftermath, "after a return or a payment"),
                "Everything is as composed." if self.holds else "Something is NOT as composed: see what must be 0.",
            ]
        )


def _row(name: str, tally: Tally) -> str:
    return (
        f"{name:<12}{tally.sent:>7}{tally.uploads:>9}{tally.owed:>8}{tally.cache_hits:>12}"
        f"{tally.violations:>12}{tally.duplicates:>12}"
    )


def _later(name: str, later: Later, meaning: str) -> str:
    early = f", {later.early} too early" if later.early else ""
    return f"{name:<14}{later.done:>6}  of {later.due}{early}, {meaning}; the latest after {later.worst_ms} ms"
