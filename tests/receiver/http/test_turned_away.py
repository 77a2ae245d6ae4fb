"""One line a minute says how many were turned away, and loses none of them."""

from itertools import accumulate, pairwise

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from engine.receiver.http.turned_away import EVERY_S, TurnedAway, Why
from engine.runtime.masking import mask


@given(st.lists(st.tuples(st.floats(0, 90), st.lists(st.sampled_from(Why), max_size=4)), max_size=30))
def test_every_one_is_told_once_and_a_minute_has_one_line(turns: list[tuple[float, list[Why]]]) -> None:
    turned_away, times, told_at = TurnedAway(), list(accumulate(wait for wait, _ in turns)), []
    with structlog.testing.capture_logs() as lines:
        for now_s, (_, those) in zip(times, turns, strict=True):
            before = len(lines)
            for why in those:
                turned_away.count(why)
            turned_away.tell(now_s)
            told_at += [now_s] * (len(lines) - before)
        turned_away.tell_rest()
    assert all(later >= earlier + EVERY_S for earlier, later in pairwise(told_at))
    for why in Why:
        assert sum(line.get(why.value, 0) for line in lines) == sum(those.count(why) for _, those in turns)


def test_the_first_is_told_at_once() -> None:
    turned_away = TurnedAway()
    turned_away.count(Why.UNPROVED_CALL)
    with structlog.testing.capture_logs() as lines:
        turned_away.tell(0)
        turned_away.tell(EVERY_S)
    assert [line["unproved_call"] for line in lines] == [1]


@pytest.mark.parametrize("why", Why)
def test_the_log_masks_none_of_the_numbers(why: Why) -> None:
    assert mask(None, "", {why.value: 3}) == {why.value: 3}
