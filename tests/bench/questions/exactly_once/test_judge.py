"""The judge of exactly-once, on records made by hand: each error is found once, and nothing else is reported."""

from typing import Any

import pytest
from msgspec.structs import replace

from bench.questions.exactly_once.judge import (
    GRACE_MS,
    WRONG,
    Chat,
    Findings,
    JudgementError,
    Silence,
    Spread,
    Undecided,
    Verdict,
    excused_places,
    judge,
    requests_of,
    spread,
    wrong,
)
from bench.questions.exactly_once.script import SEQUENCE, THRESHOLD_MS
from bench.sandbox.protocol import Row

BOT, PERSON = 7, 5_000_000_001
CHAT: Chat = (BOT, PERSON)
ACT = 1_000_000
ONE, TWO, THREE = (message.text for message in SEQUENCE)
DUE_ONE = ACT + THRESHOLD_MS
DUE_TWO = DUE_ONE + SEQUENCE[1].wait_ms
DUE_THREE = DUE_TWO + SEQUENCE[2].wait_ms
REPLY = DUE_TWO + 500
ACKED = REPLY + 20
WHOLE = Silence(ACT, ACT, 3)
ZERO = (*WRONG, "crossed", "unknown", "broken_off")


def send(text: str, arrived_ms: int, *, ok: bool | None = True, broken_off: str | None = None) -> Row:
    return Row(arrived_ms, BOT, "sendMessage", arrived_ms, chat_id=PERSON, text=text, ok=ok, broken_off=broken_off)


SEQUENCE_SENT = [send(ONE, DUE_ONE), send(TWO, DUE_TWO), send(THREE, DUE_THREE)]


def broken(must: int = 2) -> list[Silence]:
    """A silence that a reply ended, and the next one, which owes nothing yet."""
    return [Silence(ACT, ACT, must), Silence(REPLY, ACKED, 0)]


def wrongs(verdict: Verdict) -> dict[str, int]:
    """The figures that a clean run keeps at 0 and that are not 0 here."""
    return {name: value for name, value in verdict._asdict().items() if name in ZERO and value}


def test_a_whole_sequence_in_time_is_clean() -> None:
    verdict = judge({CHAT: [WHOLE]}, SEQUENCE_SENT)
    assert not wrongs(verdict)
    assert verdict.holds()
    assert (verdict.chats, verdict.episodes, verdict.sent, verdict.expected, verdict.optional) == (1, 1, 3, 3, 0)


def test_requests_that_send_nothing_are_not_judged() -> None:
    poll = Row(1, BOT, "getUpdates", ACT, broken_off="client")
    assert judge({CHAT: [WHOLE]}, [poll, *SEQUENCE_SENT]) == judge({CHAT: [WHOLE]}, SEQUENCE_SENT)


def test_a_block_accepted_twice_in_one_silence_is_a_duplicate() -> None:
    verdict = judge({CHAT: [WHOLE]}, [*SEQUENCE_SENT, send(TWO, DUE_TWO + 5)])
    assert wrongs(verdict) == {"duplicates": 1}
    assert not verdict.holds(doubtful=9)


def test_a_block_refused_and_then_accepted_is_no_duplicate() -> None:
    verdict = judge({CHAT: [WHOLE]}, [send(ONE, DUE_ONE, ok=False), *SEQUENCE_SENT])
    assert not wrongs(verdict)
    assert verdict.sent == len(SEQUENCE)


def test_the_same_block_in_the_next_silence_is_no_duplicate() -> None:
    again = [send(text, REPLY + moment - ACT) for text, moment in ((ONE, DUE_ONE), (TWO, DUE_TWO), (THREE, DUE_THREE))]
    silences = [Silence(ACT, ACT, 2), Silence(REPLY, ACKED, 3)]
    verdict = judge({CHAT: silences}, [*SEQUENCE_SENT[:2], *again])
    assert not wrongs(verdict)
    assert (verdict.episodes, verdict.sent, verdict.expected) == (2, 5, 5)


def test_a_block_that_never_came_is_lost() -> None:
    verdict = judge({CHAT: [WHOLE]}, SEQUENCE_SENT[:2])
    assert wrongs(verdict) == {"lost": 1}
    assert not verdict.holds(doubtful=9)


def test_a_block_that_was_only_refused_is_lost() -> None:
    assert wrongs(judge({CHAT: [WHOLE]}, [*SEQUENCE_SENT[:2], send(THREE, DUE_THREE, ok=False)])) == {"lost": 1}


def test_a_message_that_a_reply_cancelled_is_not_lost() -> None:
    assert not wrongs(judge({CHAT: broken()}, SEQUENCE_SENT[:2]))


def test_a_block_in_doubt_is_unknown_and_not_lost() -> None:
    doubt = Undecided(BOT, PERSON, ACT + 999, SEQUENCE[1].step, SEQUENCE[1].block)
    verdict = judge({CHAT: [WHOLE]}, [SEQUENCE_SENT[0], SEQUENCE_SENT[2]], [doubt])
    assert wrongs(verdict) == {"unknown": 1}
    assert not verdict.holds()
    assert verdict.holds(doubtful=1)


def test_a_doubt_about_one_silence_does_not_excuse_another() -> None:
    doubt = Undecided(BOT, PERSON, REPLY, SEQUENCE[1].step, SEQUENCE[1].block)
    assert wrongs(judge({CHAT: broken()}, SEQUENCE_SENT[:1], [doubt])) == {"lost": 1, "unknown": 1}


@pytest.mark.parametrize("arrived_ms", [ACKED + 1, ACKED + GRACE_MS])
def test_the_first_message_just_after_a_reply_has_crossed(arrived_ms: int) -> None:
    verdict = judge({CHAT: broken(1)}, [SEQUENCE_SENT[0], send(TWO, arrived_ms)])
    assert wrongs(verdict) == {"crossed": 1}
    assert verdict.holds()


def test_a_message_before_the_acknowledgement_has_not_crossed() -> None:
    verdict = judge({CHAT: broken(1)}, [SEQUENCE_SENT[0], send(TWO, ACKED)])
    assert not wrongs(verdict)
    assert verdict.optional == 1


def test_a_message_long_after_a_reply_counts_as_sent_after_it() -> None:
    verdict = judge({CHAT: broken(1)}, [SEQUENCE_SENT[0], send(TWO, ACKED + GRACE_MS + 1)])
    assert wrongs(verdict) == {"sent_after_reply": 1}
    assert not verdict.holds(doubtful=9)


def test_a_second_message_just_after_a_reply_counts_as_sent_after_it() -> None:
    rows = [send(ONE, ACKED + 1), send(TWO, ACKED + 2, ok=False)]
    silences = [Silence(ACT, ACT, 0), Silence(REPLY, ACKED, 0)]
    verdict = judge({CHAT: silences}, rows)
    assert (verdict.crossed, verdict.sent_after_reply) == (1, 1)


def test_a_message_to_a_person_who_had_paid_is_counted_separately() -> None:
    silences = [Silence(ACT, ACT, 0), Silence(ACT + 1_500, ACT + 1_520, 0, paid=True)]
    verdict = judge({CHAT: silences}, [send(ONE, ACT + 1_500 + THRESHOLD_MS)])
    assert wrongs(verdict) == {"sent_to_paid": 1}
    assert verdict.episodes == 0
    assert not verdict.holds(doubtful=9)


def test_a_message_to_a_person_who_had_opted_out_is_counted_separately() -> None:
    silences = [Silence(ACT, ACT, 0), Silence(ACT + 1_500, ACT + 1_520, 0, opted_out=True)]
    verdict = judge({CHAT: silences}, [send(ONE, ACT + 1_500 + THRESHOLD_MS)])
    assert wrongs(verdict) == {"sent_to_opted_out": 1}
    assert not verdict.holds(doubtful=9)


@pytest.mark.parametrize("farewell", [{"paid": True}, {"opted_out": True}])
def test_a_message_on_the_wire_may_cross_a_farewell_too(farewell: dict[str, bool]) -> None:
    silences = [Silence(ACT, ACT, 1), Silence(REPLY, ACKED, 0, **farewell)]
    assert wrongs(judge({CHAT: silences}, [SEQUENCE_SENT[0], send(TWO, ACKED + 1)])) == {"crossed": 1}


@pytest.mark.parametrize(
    "rows",
    [
        [send(ONE, DUE_ONE - 1), *SEQUENCE_SENT[1:]],
        [*SEQUENCE_SENT[:2], send(THREE, DUE_THREE - 1)],
        [send(ONE, DUE_ONE + 900), *SEQUENCE_SENT[1:]],
    ],
    ids=["before the threshold", "before the schedule", "too soon after the previous block"],
)
def test_a_message_before_its_time_is_early(rows: list[Row]) -> None:
    verdict = judge({CHAT: [WHOLE]}, rows)
    assert wrongs(verdict) == {"early": 1}
    assert not verdict.holds(doubtful=9)


def test_a_message_before_any_act_is_early() -> None:
    assert wrongs(judge({CHAT: [WHOLE]}, [send(ONE, ACT - 10), *SEQUENCE_SENT[1:]])) == {"early": 1}


def test_a_first_block_too_soon_after_a_reply_is_early_for_the_new_silence() -> None:
    silences = [Silence(ACT, ACT, 2), Silence(REPLY, ACKED, 1)]
    verdict = judge({CHAT: silences}, [*SEQUENCE_SENT[:2], send(ONE, REPLY + THRESHOLD_MS - 1)])
    assert wrongs(verdict) == {"early": 1}


def test_messages_after_an_early_block_belong_to_the_same_silence() -> None:
    silences = [Silence(ACT, ACT, 1), Silence(REPLY, ACKED, 2)]
    early = [send(ONE, REPLY + THRESHOLD_MS - 1), send(TWO, REPLY + THRESHOLD_MS + SEQUENCE[1].wait_ms - 1)]
    assert wrongs(judge({CHAT: silences}, [SEQUENCE_SENT[0], *early])) == {"early": 2}


def test_a_silence_begins_at_the_last_of_two_acts() -> None:
    silences = [Silence(ACT - 1_500, ACT, 0), WHOLE]
    assert not wrongs(judge({CHAT: silences}, SEQUENCE_SENT))
    assert wrongs(judge({CHAT: silences}, [send(ONE, DUE_ONE - 1_500), *SEQUENCE_SENT[1:]]))


def test_a_send_whose_connection_broke_is_counted() -> None:
    rows = [send(ONE, DUE_ONE, broken_off="client"), *SEQUENCE_SENT[1:]]
    assert wrongs(judge({CHAT: [WHOLE]}, rows)) == {"broken_off": 1}


def test_lateness_counts_from_the_threshold_to_the_first_request() -> None:
    rows = [send(ONE, DUE_ONE + 40), send(TWO, DUE_TWO + 90), send(THREE, DUE_THREE + 500)]
    assert judge({CHAT: [WHOLE]}, rows).lateness_ms == Spread(40, 40, 40)


def test_a_burst_beyond_the_pace_breaks_the_promise() -> None:
    chats = {(BOT, person): [Silence(ACT, ACT, 1)] for person in range(40)}
    burst = [Row(person, BOT, "sendMessage", DUE_ONE, chat_id=person, text=ONE, ok=True) for person in range(40)]
    verdict = judge(chats, burst)
    assert not wrongs(verdict)
    assert verdict.pace.over > 0
    assert not verdict.holds(doubtful=9)


def test_a_message_that_the_campaign_does_not_have_ends_the_judgement() -> None:
    with pytest.raises(JudgementError, match="does not have"):
        judge({CHAT: [WHOLE]}, [send("Hello", DUE_ONE)])


def test_a_message_to_a_stranger_ends_the_judgement() -> None:
    with pytest.raises(JudgementError, match="that the script does not know"):
        judge({}, [send(ONE, DUE_ONE)])


def test_only_the_chats_in_which_a_promise_was_broken_are_wrong() -> None:
    other: Chat = (BOT, PERSON + 1)
    chats = {CHAT: [WHOLE], other: [WHOLE]}
    rows = [*SEQUENCE_SENT, *(replace(row, chat_id=other[1]) for row in SEQUENCE_SENT)]
    assert wrong(chats, rows) == {}
    assert wrong(chats, [*rows, send(TWO, DUE_TWO + 5)]) == {CHAT: Findings(duplicates=1)}
    assert wrong(chats, rows[:-1])[other].wrong == {"lost": 1}


def test_a_message_that_crosses_breaks_no_promise() -> None:
    assert wrong({CHAT: broken(1)}, [SEQUENCE_SENT[0], send(TWO, ACKED + 1)]) == {}


def test_the_requests_of_a_chat_are_divided_among_its_silences() -> None:
    again = send(ONE, REPLY + THRESHOLD_MS)
    first, second = requests_of({CHAT: broken()}, [*SEQUENCE_SENT[:2], again])[CHAT]
    assert (first.all, second.all) == (SEQUENCE_SENT[:2], [again])
    assert second.at == {0: [again]}


@pytest.mark.parametrize("refused", [{"ok": False}, {"ok": None, "broken_off": "client"}])
def test_a_message_that_was_not_accepted_before_a_reply_cancelled_it_is_not_lost(refused: dict[str, Any]) -> None:
    rows = [SEQUENCE_SENT[0], send(TWO, DUE_TWO, **refused)]
    assert wrongs(judge({CHAT: broken()}, rows)).get("lost") is None
    assert wrongs(judge({CHAT: [WHOLE._replace(must=2)]}, rows))["lost"] == 1
    assert wrongs(judge({CHAT: broken()}, [SEQUENCE_SENT[1]]))["lost"] == 1


def test_a_reply_may_answer_a_message_to_a_silence_that_was_over_and_nobody_had_heard_of_it() -> None:
    heard = DUE_ONE + 2_000
    silences = [Silence(ACT, ACT, 0), Silence(ACT + 1_500, heard, 1), Silence(DUE_ONE + 900, heard, 0, paid=True)]
    assert wrongs(judge({CHAT: silences}, [send(ONE, DUE_ONE + 30)])) == {}
    assert wrongs(judge({CHAT: silences}, [])) == {"lost": 1}


LATE_ACK = REPLY + THRESHOLD_MS + 900


@pytest.mark.parametrize("farewell", [{"paid": True}, {"opted_out": True}])
def test_what_went_out_before_a_farewell_was_taken_in_was_no_mistake(farewell: dict[str, bool]) -> None:
    silences = [Silence(ACT, ACT, 0), Silence(REPLY, LATE_ACK, 0, **farewell)]
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK - 1)])) == {}
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK + GRACE_MS + 1)]))
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK - 1), send(ONE, LATE_ACK + GRACE_MS + 1)]))


def test_what_went_out_before_a_touch_was_taken_in_and_again_for_the_new_silence_is_no_duplicate() -> None:
    silences = [Silence(ACT, ACT, 0), Silence(REPLY, LATE_ACK, 1)]
    again = send(ONE, LATE_ACK + THRESHOLD_MS)
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK - 1, ok=False), send(ONE, LATE_ACK), again])) == {}
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK + 1), again])) == {"duplicates": 1}
    assert wrongs(judge({CHAT: silences}, [send(ONE, LATE_ACK - 1)])) == {}


def test_an_unknown_outcome_is_found_in_its_silence() -> None:
    doubt = Undecided(BOT, PERSON, REPLY + 10, SEQUENCE[2].step, SEQUENCE[2].block)
    assert excused_places({CHAT: broken()}, [doubt]) == {(CHAT, 1): {2}}


def test_a_spread_is_taken_by_the_nearest_rank() -> None:
    assert spread(range(1, 201)) == Spread(100, 198, 200)
    assert spread([3]) == Spread(3, 3, 3)
    assert spread([]) == Spread(0, 0, 0)
