"""A key gets its burst and its rate, and never more; whoever waits as long as it is told is let in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.receiver.http import key_limits
from engine.receiver.http.key_limits import Allowance, KeyLimits, Limit
from engine.receiver.http.refusal import Refusal

KEY = 1
STEPS = st.lists(st.tuples(st.floats(0, 5), st.integers(1, 20)), max_size=60)


@given(st.integers(1, 10), st.integers(20, 60), STEPS)
def test_in_no_span_of_time_more_is_taken_than_the_burst_and_the_rate(
    rate: int, burst: int, steps: list[tuple[float, int]]
) -> None:
    now_s = 0.0
    allowance = Allowance(Limit("any", rate, burst), now_s)
    taken: list[tuple[float, int]] = []
    for later_s, wanted in steps:
        now_s += later_s
        if not allowance.take(wanted, now_s):
            taken.append((now_s, wanted))
    for since, (began_s, _) in enumerate(taken):
        assert sum(wanted for _, wanted in taken[since:]) <= burst + rate * (now_s - began_s) + 1e-6


@given(st.integers(1, 10), st.integers(20, 60), STEPS, st.integers(1, 20))
def test_whoever_waits_as_long_as_told_is_let_in(
    rate: int, burst: int, steps: list[tuple[float, int]], wanted: int
) -> None:
    now_s = 0.0
    allowance = Allowance(Limit("any", rate, burst), now_s)
    for later_s, more in steps:
        now_s += later_s
        allowance.take(more, now_s)
    wait_s = allowance.take(wanted, now_s)
    assert wait_s == 0.0 or allowance.take(wanted, now_s + wait_s + 1e-6) == 0.0


def test_each_key_has_its_own_allowance() -> None:
    limits = KeyLimits(lambda: 0.0, Limit("requests", 1, 1))
    limits.ask(KEY)
    with pytest.raises(Refusal) as refused:
        limits.ask(KEY)
    assert refused.value.headers == {"Retry-After": "1"}
    limits.ask(KEY + 1)


def test_what_is_left_of_each_limit_is_told_as_it_is_now() -> None:
    clock = [0.0]
    limits = KeyLimits(lambda: clock[0], Limit("requests", 1, 5), Limit("activities", 2, 10))
    limits.report(KEY, 10)
    assert limits.headers(KEY)["RateLimit"] == '"requests";r=5;t=0, "activities";r=0;t=5'
    clock[0] = 2.0
    limits.ask(KEY)
    assert limits.headers(KEY)["RateLimit"] == '"requests";r=4;t=1, "activities";r=4;t=3'


def test_keys_are_forgotten_once_they_have_all_of_their_allowance_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_limits, "FORGET_BEYOND", 3)
    clock = [0.0]
    limits = KeyLimits(lambda: clock[0], Limit("requests", 1, 2))
    for key in range(3):
        limits.ask(key)
    clock[0] = 1.0
    limits.ask(2)
    limits.ask(3)
    assert sorted(limits._of_keys) == [2, 3]
