"""A bot never speaks faster than its rate, and a successor adds no burst."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.delivery.rate_limit import Bucket, Share, Throttle, room


def test_it_starts_empty() -> None:
    assert Bucket(25, 0.0).take(1, 0.0) == 0


def test_it_fills_with_the_clock_that_it_is_shown() -> None:
    bucket = Bucket(25, 0.0)
    assert bucket.take(10, 0.12) == 3
    assert bucket.take(10, 0.12) == 0


def test_it_holds_a_fifth_of_a_second_at_most() -> None:
    assert Bucket(25, 0.0).take(100, 1_000.0) == 5


def test_a_slow_bot_still_holds_one_token() -> None:
    bucket = Bucket(1, 0.0)
    assert bucket.take(5, 0.9) == 0
    assert bucket.take(5, 1.0) == 1


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing() -> None:
    bucket = Bucket(10, 100.0)
    assert bucket.take(2, 100.5) == 2
    assert bucket.take(1, 50.0) == 0
    assert bucket.take(1, 50.5) == 1


def test_unused_tokens_go_back_but_never_above_the_room() -> None:
    bucket = Bucket(10, 0.0)
    assert bucket.take(2, 1.0) == 2
    bucket.give_back(50)
    assert bucket.take(50, 1.0) == 2


def test_it_says_how_long_until_the_next_token() -> None:
    bucket = Bucket(10, 0.0)
    assert bucket.wait_s(0.0) == pytest.approx(0.1)
    assert bucket.wait_s(0.04) == pytest.approx(0.06)
    assert bucket.wait_s(0.2) == 0.0


def test_a_debt_is_paid_off_before_anything_else_is_taken() -> None:
    bucket = Bucket(10, 0.0)
    assert bucket.owe(3, 0.1) == pytest.approx(0.2)
    assert bucket.owe(4, 0.1) == pytest.approx(0.6), "who comes later waits behind it"
    assert bucket.take(5, 0.75) == 0
    assert bucket.wait_s(0.75) == pytest.approx(0.05)
    assert bucket.take(5, 0.85) == 1


def test_available_tokens_are_taken_at_once() -> None:
    assert Bucket(10, 0.0).owe(2, 1.0) == 0.0


def test_a_held_bucket_gives_nothing_and_begins_empty() -> None:
    bucket = Bucket(10, 0.0)
    bucket.hold(5.0)
    bucket.hold(3.0)
    bucket.give_back(2)
    assert bucket.take(5, 4.9) == 0
    assert (bucket.is_held(4.9), bucket.is_held(5.0)) == (True, False)
    assert bucket.wait_s(4.0) == pytest.approx(1.1)
    assert bucket.take(5, 5.15) == 1


def test_another_rate_counts_from_now_on() -> None:
    bucket = Bucket(50, 0.0)
    bucket.change(20, 0.05)
    assert bucket.take(9, 0.1) == 3
    assert bucket.wait_s(0.1) == pytest.approx(0.025)


@pytest.mark.parametrize("turns", [[1] * 8, [3, 5], [8], [2, 1, 4, 1]])
def test_a_quarter_is_kept_for_the_newest_however_few_are_taken_at_once(turns: list[int]) -> None:
    share = Share()
    assert sum(share.of(tokens) for tokens in turns) == 2


def heard(throttle: Throttle, tooks_s: list[float], now_s: float) -> float:
    for took_s in tooks_s:
        throttle.hear(took_s, now_s)
    return throttle.rate(now_s)


def test_late_answers_slow_a_bot_once_a_second_and_never_to_a_stop() -> None:
    throttle = Throttle(100, 0.0)
    assert heard(throttle, [1.1] * 16, 1.0) == pytest.approx(70)
    assert heard(throttle, [1.1] * 16, 1.9) == pytest.approx(70)
    assert heard(throttle, [8.0] * 16, 2.0) == pytest.approx(49)
    assert [heard(throttle, [8.0] * 16, 3.0 + turn) for turn in range(20)][-1] == pytest.approx(10)


def test_prompt_answers_bring_the_pace_back_a_tenth_a_second() -> None:
    throttle = Throttle(100, 0.0)
    heard(throttle, [2.0] * 16, 1.0)
    assert heard(throttle, [0.7] * 16, 2.0) == pytest.approx(70), "neither late nor prompt"
    assert heard(throttle, [0.1] * 16, 3.0) == pytest.approx(80)
    assert throttle.rate(4.5) == pytest.approx(95)
    assert throttle.rate(9.0) == 100


@pytest.mark.parametrize("late", [1, 7])
def test_the_late_answers_of_a_few_chats_slow_nobody(late: int) -> None:
    throttle = Throttle(100, 0.0)
    assert heard(throttle, [8.0] * late + [0.05] * (16 - late), 1.0) == 100


def test_too_few_answers_and_old_ones_tell_nothing() -> None:
    throttle = Throttle(100, 0.0)
    assert heard(throttle, [8.0] * 15, 1.0) == 100
    assert heard(throttle, [8.0], 2.0) == pytest.approx(70)
    assert throttle.rate(12.0) == 100


@given(
    rate=st.integers(1, 50),
    asks=st.lists(st.tuples(st.integers(1, 30), st.floats(0.0, 0.5)), max_size=60),
)
def test_no_span_of_time_gives_more_than_its_rate_and_one_burst(rate: int, asks: list[tuple[int, float]]) -> None:
    bucket, now, taken = Bucket(rate, 0.0), 0.0, 0
    for wanted, wait in asks:
        now += wait
        taken += bucket.take(wanted, now)
    assert taken <= rate * now + room(rate)
