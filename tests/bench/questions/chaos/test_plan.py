"""The plan of a storm follows from the seed, and leaves the service time to recover."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.questions.chaos.plan import FIRST_S, MACHINES, STORM, Kind, Series, Strike, plan
from bench.questions.chaos.storm import ACTS

FULL_S = 120
SERIES = st.sampled_from(STORM)
SECONDS = st.integers(20, 600)
SEEDS = st.integers(0, 10_000)


def test_the_same_seed_plans_the_same_storm_and_another_one_does_not() -> None:
    assert plan(MACHINES, FULL_S, 7) == plan(MACHINES, FULL_S, 7)
    assert plan(MACHINES, FULL_S, 8) != plan(MACHINES, FULL_S, 7)


def test_every_kind_belongs_to_one_series_and_has_an_act() -> None:
    kinds = [kind for series in STORM for kind in series.lasts_s]
    assert sorted(kinds) == sorted(Kind) == sorted(ACTS)


@given(series=SERIES, seconds=SECONDS, seed=SEEDS)
def test_a_strike_ends_and_the_service_recovers_before_the_next_of_its_series(
    series: Series, seconds: int, seed: int
) -> None:
    strikes = plan(series, seconds, seed)
    rounding_s = 0.11
    for before, after in pairwise(strikes):
        assert after.at_s >= before.ends_s + series.rest_s - rounding_s
    for strike in strikes:
        assert FIRST_S <= strike.at_s <= strike.ends_s <= seconds - series.rest_s + rounding_s
        assert strike.lasts_s == series.lasts_s[strike.kind]
        assert 0 <= strike.aim <= 1


@given(series=SERIES, seed=SEEDS)
def test_two_minutes_have_room_for_every_kind(series: Series, seed: int) -> None:
    assert {strike.kind for strike in plan(series, FULL_S, seed)} == set(series.lasts_s)


@given(series=SERIES, seconds=SECONDS, seed=SEEDS)
def test_no_kind_comes_twice_before_each_has_come_once(series: Series, seconds: int, seed: int) -> None:
    kinds = [strike.kind for strike in plan(series, seconds, seed)]
    first = kinds[: len(series.lasts_s)]
    assert len(set(first)) == len(first)


@given(series=SERIES, seed=SEEDS)
def test_a_longer_storm_begins_as_a_shorter_one(series: Series, seed: int) -> None:
    shorter = plan(series, FULL_S, seed)
    assert plan(series, 2 * FULL_S, seed)[: len(shorter)] == shorter


@pytest.mark.parametrize(
    ("strike", "line"),
    [
        (Strike(5.2, Kind.FLUSH_VALKEY, 0, 0.5), "   5.2 s  flush valkey"),
        (Strike(112.0, Kind.DEPLOY, 14, 0.5), " 112.0 s  deploy              for 14 s"),
    ],
)
def test_a_line_of_the_table_says_when_what_comes_and_for_how_long(strike: Strike, line: str) -> None:
    assert strike.as_line().rstrip() == line
