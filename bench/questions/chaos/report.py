"""Shows the verdict on a storm: to machines as one JSON object, to people as a table, and each broken promise with the
chat's whole history.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

from bench.questions.chaos.doubtful import most_unknown
from bench.questions.chaos.ground import Struck
from bench.questions.chaos.plan import Kind
from bench.questions.chaos.recovery import MOST_MS
from bench.questions.exactly_once.finding import line, seconds
from bench.questions.exactly_once.judge import GRACE_MS, Chat, Spread, Verdict, spread

_WRONG: Final = ("lost", "duplicates", "stale", "early", "sent_to_paid", "sent_to_opted_out")
_MEANINGS: Final = {
    "chats": "chats in all",
    "sent": "messages that the sandbox accepted",
    "expected": "messages that had to go out by the script",
    "lost": "expected, but neither accepted nor unknown: must be 0",
    "duplicates": "accepted twice: must be 0",
    "stale": "sent after a sign of life, and not the one message that may cross it: must be 0",
    "early": "messages before threshold or schedule: must be 0",
    "sent_to_paid": "messages to people who had paid: must be 0",
    "sent_to_opted_out": "messages to people who had opted out: must be 0",
    "crossed": f"the one message that may arrive within {GRACE_MS} ms after a sign of life",
    "unknown": "sends whose outcome is unknown: must not exceed the next line",
    "unknown_at_most": "sends whose connection broke, and one for each killed poller",
    "broken_off": "sends whose connection broke",
    "died": "processes that ended by themselves, or not in order: must be 0",
    "restarted": "processes that were started again because they had ended",
    "violations": "calls that no bot should make, such as before a retry_after has passed",
}


class Case(NamedTuple):
    """A chat in which something went wrong, or is unknown without a reason that the sandbox saw."""

    chat: Chat
    what: Mapping[str, int]
    history: Sequence[str]


class Outcome(NamedTuple):
    """`left`: what was not over when the patience was; empty if everything was. `died`: the ends of their logs.

    `manager_answers`: whether an admin gets an answer after the storm.
    """

    seed: int
    seconds: int
    verdict: Verdict
    struck: Sequence[Struck]
    recoveries: Mapping[Kind, Sequence[int]]
    cases: Sequence[Case]
    left: str
    died: Sequence[str]
    restarted: int
    violations: int
    manager_answers: bool

    @property
    def recovery(self) -> Spread:
        return spread(chain(*self.recoveries.values()))

    @property
    def holds(self) -> bool:
        figures = self._figures()
        kept = not any(figures[name] for name in (*_WRONG, "died")) and not self.left and self.manager_answers
        return kept and figures["unknown"] <= figures["unknown_at_most"] and self.recovery.p99 <= MOST_MS

    def as_json(self) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "seconds": self.seconds,
            **self._figures(),
            "lateness_ms": self.verdict.lateness_ms._asdict(),
            "recovery_s": seconds(self.recovery),
            "recovered": {
                kind.value: {"messages": len(waits), **seconds(spread(waits))}
                for kind, waits in self.recoveries.items()
            },
            "manager_answers": self.manager_answers,
            "left": self.left,
            "strikes": [self._strike(one) for one in self.struck],
            "cases": [
                {"bot": case.chat[0], "chat": case.chat[1], "what": case.what, "history": case.history}
                for case in self.cases
            ],
            "deaths": self.died,
            "holds": self.holds,
        }

    def as_table(self) -> str:
        figures = self._figures()
        return "\n".join(
            [
                *(f"{name:<18}{figures[name]:>6}  {meaning}" for name, meaning in _MEANINGS.items()),
                line("lateness", self.verdict.lateness_ms, "from the threshold to the first message"),
                line("recovery", self.recovery, f"of messages that a strike held up; p99 must not exceed {MOST_MS} ms"),
                *(_recovered(kind, waits) for kind, waits in self.recoveries.items()),
                *([f"Not over: {self.left}"] if self.left else []),
                *([] if self.manager_answers else ["The manager did not answer after the storm."]),
                *self.died,
                *chain(*(_explained(case) for case in self.cases)),
                "All promises were kept." if self.holds else "A promise was BROKEN: see the lines that say must.",
            ]
        )

    def _figures(self) -> dict[str, int]:
        figures = self.verdict._asdict() | {
            "stale": self.verdict.sent_after_reply,
            "unknown_at_most": most_unknown(self.verdict.broken_off, self.struck),
            "died": len(self.died),
            "restarted": self.restarted,
            "violations": self.violations,
        }
        return {name: figures[name] for name in _MEANINGS}

    def _strike(self, one: Struck) -> dict[str, Any]:
        began_ms = self.struck[0].began_ms - round(1000 * self.struck[0].strike.at_s)
        return {
            "planned_s": one.strike.at_s,
            "kind": one.strike.kind,
            "began_s": (one.began_ms - began_ms) / 1000,
            "ended_s": (one.ended_ms - began_ms) / 1000,
            "whom": one.blow.whom,
        }


def _recovered(kind: Kind, waits: Sequence[int]) -> str:
    of = spread(waits)
    return f"  {kind.replace('_', ' '):<18}{len(waits):>4} messages, p50 {of.p50} ms, max {of.max} ms"


def _explained(case: Case) -> list[str]:
    what = ", ".join(f"{name} {count}" for name, count in case.what.items())
    return [f"bot {case.chat[0]}, chat {case.chat[1]}: {what}", *(f"  {event}" for event in case.history)]
