"""The judge with an engine that hears of an act late: a receiver is away for seconds, and the feed holds its messages.

The stories are those of the script: somebody comes, perhaps writes again soon, and may answer a message. The engine
keeps every promise, so nothing may be wrong; and whatever is then done to the record must be found.
"""

from typing import NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bench.questions.exactly_once.judge import GRACE_MS, WRONG, Silence, judge
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS
from bench.sandbox.protocol import Row
from storage.redis.timers import FEED_SLACK_MS

CHAT = (7, 5_000_000_001)
NEVER = 10**9
AGAIN_MS = 1_000


class Story(NamedTuple):
    """When somebody acts; how much later the engine hears of each act, and acknowledges it; how late each send is, and
    which of them are refused at first and tried again.
    """

    second_ms: int | None
    answers: int | None
    answer_ms: int
    heard_ms: tuple[int, int, int]
    acked_ms: tuple[int, int, int]
    late_ms: tuple[int, ...]
    refused: tuple[bool, ...]


def late(most: int) -> st.SearchStrategy[int]:
    return st.sampled_from([20, 60]) | st.integers(0, most)


def one_late(which: int, heard_ms: int) -> tuple[int, int, int]:
    first, second, third = (heard_ms if at == which else 40 for at in range(3))
    return first, second, third


STORIES = st.builds(
    Story,
    second_ms=st.none() | st.integers(1_100, 2_000),
    answers=st.none() | st.integers(0, 1),
    answer_ms=st.integers(0, 4_000),
    heard_ms=st.builds(one_late, st.integers(0, 2), st.integers(0, 8_000)),
    acked_ms=st.tuples(*[late(3_000)] * 3),
    late_ms=st.tuples(*[late(1_500)] * 9),
    refused=st.tuples(*[st.booleans()] * 9),
)


class Chat:
    """What the person did, and what the engine sent, in order."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._late_ms, self._refused = iter(story.late_ms), iter(story.refused)
        self.acts = [0] if story.second_ms is None else [0, story.second_ms]
        self.heard: list[int] = []
        self.rows: list[Row] = []
        self._hear()
        for at in (0, 1, 2):
            if at < len(self.acts):
                self._send(at)

    def silences(self) -> list[Silence]:
        acked = 0
        silences = []
        for at, began_ms in enumerate(self.acts):
            acked = max(acked, self.heard[at] + self._story.acked_ms[at])
            silences.append(Silence(began_ms, acked, len(SEQUENCE) if at == len(self.acts) - 1 else 0))
        return silences

    def _hear(self) -> None:
        for at in range(len(self.heard), len(self.acts)):
            self.heard.append(max([self.acts[at] + self._story.heard_ms[at], *self.heard[-1:]]))

    def _send(self, at: int) -> None:
        """The sequence of one silence, until the engine hears of the next act. The feed holds what is due too late."""
        sent_ms = self.heard[at]
        for place, message in enumerate(SEQUENCE):
            due_ms = self.acts[at] + THRESHOLD_MS if not place else sent_ms + message.wait_ms
            sent_ms = max(due_ms, sent_ms) + next(self._late_ms)
            if sent_ms >= self._next_heard(at) or due_ms > self._unheard(sent_ms) + FEED_SLACK_MS:
                return
            if next(self._refused):
                self.rows.append(row(place, sent_ms, ok=False))
                self._answer(place, sent_ms)
                sent_ms += AGAIN_MS
                if sent_ms >= self._next_heard(at):
                    return
            self.rows.append(row(place, sent_ms))
            self._answer(place, sent_ms)

    def _unheard(self, moment_ms: int) -> int:
        """The first act of which the engine has not heard at a moment."""
        unheard = [act for act, heard in zip(self.acts, self.heard, strict=True) if heard > moment_ms]
        return min(unheard, default=NEVER)

    def _next_heard(self, at: int) -> int:
        return self.heard[at + 1] if at + 1 < len(self.heard) else NEVER

    def _answer(self, place: int, sent_ms: int) -> None:
        of_their_own_accord = 1 if self._story.second_ms is None else 2
        if place == self._story.answers and len(self.acts) == of_their_own_accord:
            self.acts.append(sent_ms + self._story.answer_ms)
            self._hear()


def row(place: int, sent_ms: int, *, ok: bool = True) -> Row:
    return Row(sent_ms, CHAT[0], "sendMessage", sent_ms, CHAT[1], SEQUENCE[place].text, completed_ms=sent_ms, ok=ok)


def wrongs(silences: list[Silence], rows: list[Row]) -> dict[str, int]:
    verdict = judge({CHAT: silences}, rows)
    return {name: getattr(verdict, name) for name in WRONG if getattr(verdict, name)}


@given(story=STORIES)
def test_an_engine_that_keeps_its_promises_is_never_blamed(story: Story) -> None:
    chat = Chat(story)
    assert wrongs(chat.silences(), chat.rows) == {}


@given(story=STORIES, place=st.integers(0, 2), late_ms=st.integers(1, 3_000))
def test_a_message_that_comes_twice_is_found(story: Story, place: int, late_ms: int) -> None:
    chat = Chat(story)
    acked_ms = chat.silences()[-1].acked_ms or 0
    heard = [one for one in chat.rows if one.ok and one.arrived_ms > acked_ms]
    assume(len(heard) > place)
    again = replace(heard[place], arrived_ms=heard[-1].arrived_ms + late_ms)
    assert wrongs(chat.silences(), [*chat.rows, again])


@given(story=STORIES, after_ms=st.integers(1, 2_000), place=st.integers(0, 2))
def test_a_message_long_after_the_last_act_was_heard_and_before_it_is_due_is_found(
    story: Story, after_ms: int, place: int
) -> None:
    chat = Chat(story)
    last = chat.silences()[-1]
    sent_ms = (last.acked_ms or 0) + GRACE_MS + after_ms
    assume(sent_ms < last.began_ms + THRESHOLD_MS)
    assert wrongs(chat.silences(), [*chat.rows, row(place, sent_ms)])
