"""The people of a storm come all the time it lasts, and do everything that people do."""

from collections import Counter
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from bench.questions.chaos import script
from bench.questions.exactly_once.script import FAREWELLS, THRESHOLD_MS, ActKind

SECONDS = 120
PARTS = script.write(bots=4, chats=240, seconds=SECONDS, seed=7)
ALL = list(chain(*PARTS))


def test_the_same_seed_writes_the_same_script_and_another_one_does_not() -> None:
    assert script.write(4, 240, SECONDS, 7) == PARTS
    assert script.write(4, 240, SECONDS, 8) != PARTS


def test_people_come_from_the_beginning_to_the_end() -> None:
    tenths = Counter(part.start_ms * 10 // (1000 * SECONDS) for part in ALL)
    assert sorted(tenths) == list(range(10))
    assert min(tenths.values()) > len(ALL) / 20


def test_some_pay_some_opt_out_and_some_write_both_at_once_and_in_answer() -> None:
    for kinds in (
        Counter(part.second for part in ALL),
        Counter(part.reply.kind if part.reply else None for part in ALL),
    ):
        assert all(kinds[kind] > len(ALL) / 50 for kind in (ActKind.PAY, ActKind.OPT_OUT, ActKind.WRITE, None))


def test_answers_of_every_kind_come_during_a_send_and_race_a_message() -> None:
    found = {(part.reply.kind, part.reply.during, part.reply.racing) for part in ALL if part.reply}
    assert found == {
        (kind, *how) for kind in (*FAREWELLS, ActKind.WRITE) for how in ((True, False), (False, True), (False, False))
    }


@given(seed=st.integers(0, 1_000), seconds=st.integers(20, 600))
def test_whoever_has_said_farewell_does_nothing_more_and_no_second_act_ends_a_silence(seed: int, seconds: int) -> None:
    for part in chain(*script.write(2, 20, seconds, seed)):
        assert 0 <= part.start_ms < 1000 * seconds
        assert 1_000 < part.second_ms - part.start_ms < THRESHOLD_MS
        assert part.reply is None or part.second not in FAREWELLS
