"""The script of exactly-once: the seed decides who does what, and the campaign has what the judge expects."""

from itertools import chain

import pytest

from bench.questions.exactly_once import script
from bench.questions.exactly_once.script import CAMPAIGN, SEQUENCE, THRESHOLD_MS, ActKind, Part, Reply
from engine import campaign_file
from engine.core.campaign.forecast import forecast
from engine.core.content.model import Text

PARTS = script.write(bots=3, chats=200, seed=4)
ALL = list(chain(*PARTS))


def test_the_same_seed_writes_the_same_script_and_another_one_does_not() -> None:
    assert script.write(3, 200, 4) == PARTS
    assert script.write(3, 200, 5) != PARTS


def test_the_bots_have_different_casts() -> None:
    assert PARTS[0] != PARTS[1]


def test_three_in_ten_answer_and_one_in_ten_has_paid_and_nobody_does_both() -> None:
    for cast in PARTS:
        assert sum(part.reply is not None for part in cast) == 60
        assert sum(part.pays for part in cast) == 20
        assert not any(part.reply and part.pays for part in cast)


def test_every_kind_of_answer_occurs() -> None:
    replies = [part.reply for part in ALL if part.reply]
    kinds = {(reply.during, reply.racing, reply.after) for reply in replies}
    assert kinds == {(False, False, 1), (True, False, 0), (True, False, 1), (False, True, 0), (False, True, 1)}


def test_an_answer_between_steps_comes_well_before_the_second_step() -> None:
    calm = [part.reply for part in ALL if part.reply and not part.reply.during and not part.reply.racing]
    assert all(0 <= reply.wait_ms <= SEQUENCE[2].wait_ms - 1_000 for reply in calm)


def test_two_acts_of_one_person_are_in_different_seconds_and_within_the_threshold() -> None:
    gaps = [part.second_ms - part.start_ms for part in ALL if part.second]
    assert gaps
    assert all(1_000 < gap < THRESHOLD_MS for gap in gaps)


def test_an_answered_silence_owes_a_second_sequence_and_a_customer_owes_none() -> None:
    plain, paid = Part(0, None, 0, None), Part(0, ActKind.PAY, 0, None)
    answered = Part(0, None, 0, Reply(after=1, wait_ms=10))
    assert [script.expected([[part]]) for part in (plain, paid, answered)] == [3, 0, 5]


@pytest.mark.parametrize("farewell", [ActKind.PAY, ActKind.OPT_OUT])
def test_after_a_farewell_nothing_is_owed(farewell: ActKind) -> None:
    assert script.expected([[Part(0, farewell, 1_500, None)]]) == 0
    assert script.expected([[Part(0, None, 0, Reply(after=1, wait_ms=10, kind=farewell))]]) == 2


def test_the_campaign_sends_the_messages_that_the_judge_expects_when_it_expects_them() -> None:
    snapshot = campaign_file.read(CAMPAIGN.encode(), "bench", 1_000)
    blocks = [(step.key, block.key, block.content) for step in snapshot.steps for block in step.blocks]
    assert blocks == [(message.step, message.block, Text(message.text)) for message in SEQUENCE]
    assert snapshot.threshold_ms == THRESHOLD_MS
    assert snapshot.skip_paid
    assert [planned.due_ms for planned in forecast(snapshot, 0)] == [
        THRESHOLD_MS,
        THRESHOLD_MS + SEQUENCE[1].wait_ms + SEQUENCE[2].wait_ms,
    ]
