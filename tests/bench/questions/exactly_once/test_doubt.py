"""What is owed after another program has read the updates: checked on records made by hand."""

from hypothesis import given
from hypothesis import strategies as st

from bench.questions.exactly_once.doubt import Doubt, renewed
from bench.questions.exactly_once.judge import GRACE_MS, Silence, judge
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS
from bench.sandbox.protocol import Row
from tests.bench.questions.exactly_once.test_judge import (
    ACKED,
    BOT,
    CHAT,
    DUE_ONE,
    DUE_TWO,
    ONE,
    REPLY,
    SEQUENCE_SENT,
    THREE,
    TWO,
    WHOLE,
    broken,
    send,
    wrongs,
)

STOLEN = DUE_TWO + 1_000
DOUBT = Doubt(STOLEN, STOLEN + 6_000)
AGAIN = [
    send(ONE, DOUBT.until_ms + THRESHOLD_MS),
    send(TWO, DOUBT.until_ms + THRESHOLD_MS + SEQUENCE[1].wait_ms),
    send(THREE, DOUBT.until_ms + THRESHOLD_MS + SEQUENCE[1].wait_ms + SEQUENCE[2].wait_ms),
]


def judged(silences: list[Silence], rows: list[Row], doubt: Doubt = DOUBT) -> dict[str, int]:
    return wrongs(judge(renewed({CHAT: silences}, rows, {BOT: doubt}), rows))


def test_without_a_doubt_about_its_bot_a_chat_owes_what_it_owed() -> None:
    assert renewed({CHAT: [WHOLE]}, SEQUENCE_SENT, {}) == {CHAT: [WHOLE]}
    assert renewed({CHAT: [WHOLE]}, SEQUENCE_SENT, {BOT + 1: DOUBT}) == {CHAT: [WHOLE]}


def test_an_unfinished_sequence_is_owed_again_from_the_doubt() -> None:
    assert judged([WHOLE], [*SEQUENCE_SENT[:2], *AGAIN]) == {}
    assert judged([WHOLE], AGAIN) == {}
    assert judged([WHOLE], SEQUENCE_SENT[:2]) == {"lost": 3}
    assert judged([WHOLE], [*SEQUENCE_SENT[:2], *AGAIN, AGAIN[2]]) == {"duplicates": 1}


def test_a_finished_sequence_owes_nothing_more() -> None:
    late = Doubt(SEQUENCE_SENT[-1].arrived_ms + 1, SEQUENCE_SENT[-1].arrived_ms + 2)
    assert judged([WHOLE], SEQUENCE_SENT, late) == {}


def test_a_person_who_has_paid_is_owed_nothing() -> None:
    paid = WHOLE._replace(must=0, paid=True)
    assert judged([paid], []) == {}
    assert judged([paid], [AGAIN[0]]) == {"sent_to_paid": 1}


def test_nothing_may_go_out_while_the_doubt_lasts_except_what_was_on_the_wire() -> None:
    assert judged([WHOLE], [send(ONE, STOLEN + GRACE_MS), *AGAIN]) == {"crossed": 1}
    assert judged([WHOLE], [send(ONE, STOLEN + GRACE_MS + 1), *AGAIN]) == {"sent_after_reply": 1}
    assert judged([WHOLE], [send(ONE, DOUBT.until_ms - 1), *AGAIN]) == {"sent_after_reply": 1}


def test_a_stolen_answer_begins_a_silence_that_the_doubt_begins_again() -> None:
    answered = [*broken()[:1], Silence(STOLEN, STOLEN + 1, 3)]
    assert judged(answered, [*SEQUENCE_SENT[:2], *AGAIN]) == {}
    assert judged(answered, [*SEQUENCE_SENT[:2]]) == {"lost": 3}


def test_an_answer_after_the_doubt_to_a_message_before_it_ends_what_is_owed() -> None:
    doubt = Doubt(DUE_ONE + 10, REPLY - 10)
    assert judged([*broken(1)[:1], Silence(REPLY, ACKED, 0)], SEQUENCE_SENT[:1], doubt) == {}


@given(began_ms=st.integers(0, 100), since_ms=st.integers(0, 100), lasts_ms=st.integers(0, 100), must=st.integers(0, 3))
def test_a_chat_that_is_told_nothing_owes_the_same_number_of_messages(
    began_ms: int, since_ms: int, lasts_ms: int, must: int
) -> None:
    silences = renewed({CHAT: [Silence(began_ms, began_ms, must)]}, [], {BOT: Doubt(since_ms, since_ms + lasts_ms)})
    assert sum(silence.must for silence in silences[CHAT]) == must
    assert [silence.began_ms for silence in silences[CHAT]] == sorted(silence.began_ms for silence in silences[CHAT])
