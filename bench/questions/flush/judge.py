"""What came of the chats after Redis was emptied: nudged once and in time, or armed for the right moment. Pure.

Whoever was due must be nudged once. Nobody else may be nudged, but a message that was on its way may cross the sign of
life. All others must be armed in the end, for their threshold after the last sign of life.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from bench.harness.observations import Observed
from bench.questions.flush.plan import THRESHOLD_MS
from bench.questions.flush.writing import Written

Chat: TypeAlias = tuple[int, int]
Dues: TypeAlias = Mapping[int, Mapping[int, int]]
"""Of each bot, the due of each chat, in ms."""

GRACE_MS: Final = 250
ROUNDED_MS: Final = 1_000
"""A message says only in which second it was written. One that is taken in later counts from the end of its second."""
_UNDER_WAY_MS: Final = 1_000
"""What was claimed before Redis was emptied goes out all the same."""


class Facts(NamedTuple):
    """`due`: who had to be nudged, and from when. `resting`: who did nothing, and when they would be due.

    `armed`: what Redis holds in the end.
    """

    emptied_ms: int
    due: Mapping[Chat, int]
    written: Mapping[Chat, Written]
    resting: Dues
    observed: Sequence[Observed]
    armed: Dues


class Verdict(NamedTuple):
    """`firing_ms`: of each bot, from the emptying to its first claim; a bot that never claimed again is missing."""

    due: int
    nudged: int
    duplicates: int
    lost: int
    wrong_nudges: int
    crossed: int
    armed: int
    armed_early: int
    armed_late: int
    firing_ms: Mapping[int, int]


def judge(facts: Facts) -> Verdict:
    nudges = Counter((one.bot_id, one.chat_id) for one in facts.observed)
    armed = _Armed(facts)
    crossed = sum(_crossed(one, facts) for one in facts.observed)
    return Verdict(
        due=len(facts.due),
        nudged=sum(chat in nudges for chat in facts.due),
        duplicates=sum(count - 1 for count in nudges.values()),
        lost=sum(chat not in nudges for chat in facts.due) + armed.missing,
        wrong_nudges=sum(_is_wrong(one, facts) for one in facts.observed) - crossed,
        crossed=crossed,
        armed=armed.found,
        armed_early=armed.early,
        armed_late=armed.late,
        firing_ms=_firing_ms(facts),
    )


def _is_wrong(one: Observed, facts: Facts) -> bool:
    """Whether nobody was due, or not yet."""
    due_ms = facts.due.get((one.bot_id, one.chat_id))
    return due_ms is None or one.claimed_us < due_ms * 1000


def _crossed(one: Observed, facts: Facts) -> bool:
    """Whether the writer's message was taken in only after the claim, or just before it."""
    written = facts.written.get((one.bot_id, one.chat_id))
    return written is not None and one.claimed_us <= (written.taken_in_ms + GRACE_MS) * 1000


def _firing_ms(facts: Facts) -> dict[int, int]:
    first: dict[int, int] = {}
    for one in facts.observed:
        after_ms = one.claimed_us // 1000 - facts.emptied_ms
        if after_ms > _UNDER_WAY_MS:
            first[one.bot_id] = min(after_ms, first.get(one.bot_id, after_ms))
    return first


class _Armed:
    """Counts what Redis holds against what it must hold."""

    def __init__(self, facts: Facts) -> None:
        self.found = sum(map(len, facts.armed.values()))
        self.missing = self.early = self.late = 0
        for bot, chats in facts.resting.items():
            self._compare(facts.armed[bot], chats.items())
        for (bot, chat), written in facts.written.items():
            self._compare(facts.armed[bot], [(chat, written.at_ms + THRESHOLD_MS)])

    def _compare(self, armed: Mapping[int, int], wanted: Iterable[tuple[int, int]]) -> None:
        for chat, due_ms in wanted:
            found = armed.get(chat)
            if found is None:
                self.missing += 1
            elif found < due_ms:
                self.early += 1
            elif found > due_ms + ROUNDED_MS:
                self.late += 1
