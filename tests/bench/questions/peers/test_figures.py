"""Lateness and medians, from what scripts and pollers reported."""

from hypothesis import given
from hypothesis import strategies as st

from bench.questions.peers.figures import Lateness, Touches, lateness, median_lateness, median_touches

DUES_S = [100.0, 100.5, 101.0, 101.5]


def test_late_is_from_the_due_to_the_beginning_of_the_work() -> None:
    found = lateness(DUES_S, {0: 100.010, 1: 100.520, 2: 101.030, 3: 101.540}, 102.0)
    assert found == Lateness(p50=20, p99=40, most=40, early=0, begun=4, due=4)


def test_what_never_began_is_as_late_as_the_end() -> None:
    found = lateness(DUES_S, {0: 100.010, 1: 100.520}, 110.0)
    assert (found.begun, found.p50, found.most) == (2, 20, 9_000)


def test_early_is_more_than_a_millisecond_before_the_due() -> None:
    found = lateness(DUES_S, {0: 99.9995, 1: 100.499, 2: 100.997, 3: 100.0}, 102.0)
    assert found.early == 2


@given(st.lists(st.floats(0, 60), min_size=1, max_size=50), st.data())
def test_nothing_is_left_out(late_s: list[float], data: st.DataObject) -> None:
    dues_s = [1_000.0 + chat / 10 for chat in range(len(late_s))]
    known = data.draw(st.sets(st.sampled_from(range(len(late_s)))))
    begun_s = {chat: dues_s[chat] + late_s[chat] for chat in known}
    found = lateness(dues_s, begun_s, dues_s[-1] + 100)
    assert (found.begun, found.due, found.early) == (len(known), len(late_s), 0)
    assert found.p50 <= found.p99 <= found.most
    assert (found.most < 100_000) == (len(known) == len(late_s))


def test_the_median_of_each_column_stands_for_the_rounds() -> None:
    rounds = [Touches(100, 9.0, 3.0), Touches(300, 7.0, 1.0), Touches(200, 8.0, 2.0)]
    assert median_touches(rounds) == Touches(200, 8.0, 2.0)


def test_one_early_beginning_is_not_lost_in_a_median() -> None:
    rounds = [Lateness(1, 2, 3, 0, 9, 9), Lateness(1, 2, 3, 1, 9, 9), Lateness(1, 2, 3, 0, 9, 9)]
    assert median_lateness(rounds).early == 1
