"""Shows the verdict: to machines as one JSON object, to people as a table and the history of the first chats."""

from typing import Any, Final, NamedTuple

from bench.questions.simulate.judge import Disagreement, Verdict

_SHOWN: Final = 3


class Outcome(NamedTuple):
    days: int
    seed: int
    chats: int
    acts: int
    edits: int
    verdict: Verdict

    @property
    def disagreements(self) -> int:
        return sum(one.differences for one in self.verdict.disagreements)

    @property
    def holds(self) -> bool:
        """A run in which nothing was sent proves nothing."""
        return self.verdict.sends > 0 and not self.disagreements

    def as_json(self) -> dict[str, Any]:
        return {
            **self._figures(),
            "outcomes": self.verdict.outcomes,
            "explained": [one._asdict() for one in self.verdict.disagreements],
            "days": self.days,
            "seed": self.seed,
            "holds": self.holds,
        }

    def as_table(self) -> str:
        return "\n".join(
            [
                *(f"{name:<15}{figure:>7}  {_MEANINGS[name]}" for name, figure in self._figures().items()),
                *(f"  {count:>7}  {outcome}" for outcome, count in self.verdict.outcomes.items()),
                *(line for one in self.verdict.disagreements[:_SHOWN] for line in _explained(one)),
                "Engine and oracle agree." if self.holds else "Engine and oracle DISAGREE, or nothing was sent.",
            ]
        )

    def _figures(self) -> dict[str, int]:
        return {
            "sends": self.verdict.sends,
            "disagreements": self.disagreements,
            "chats": self.chats,
            "acts": self.acts,
            "edits": self.edits,
        }


_MEANINGS: Final = {
    "sends": "messages that reached their people",
    "disagreements": "messages, skips and ends of which engine and oracle say different things: must be 0",
    "chats": "people, half of them in each bot",
    "acts": "messages, payments, blocks, opt-outs and the like",
    "edits": "publications, pauses and stops by the admins",
}


def _explained(one: Disagreement) -> list[str]:
    return [
        f"bot {one.bot}, chat {one.person}",
        *(f"  only the engine: {line}" for line in one.engine),
        *(f"  only the oracle: {line}" for line in one.oracle),
        *(f"    {line}" for line in one.history),
    ]
