"""The oracle's own calendar, on days on which the clocks change: worked out by hand."""

from datetime import UTC, date, datetime

import pytest

from bench.questions.simulate.campaign import HOUR_MS, MINUTE_MS, Hours
from bench.questions.simulate.oracle import calendar

BERLIN, NEW_YORK, LORD_HOWE = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
NIGHT = Hours(20 * 60, 2 * 60 + 30)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("zone", "day", "minutes", "moment"),
    [
        (BERLIN, "2026-03-29", 150, "2026-03-29T01:30"),
        (BERLIN, "2026-03-29", 180, "2026-03-29T01:00"),
        (BERLIN, "2026-10-25", 150, "2026-10-25T00:30"),
        (BERLIN, "2026-10-25", 180, "2026-10-25T02:00"),
        (NEW_YORK, "2026-11-01", 90, "2026-11-01T05:30"),
        (NEW_YORK, "2026-11-02", 90, "2026-11-02T06:30"),
        (LORD_HOWE, "2026-10-04", 135, "2026-10-03T15:45"),
        ("UTC", "2026-10-25", 150, "2026-10-25T02:30"),
    ],
)
def test_a_local_time_that_is_left_out_moves_by_the_gap_and_one_that_comes_twice_is_the_first(
    zone: str, day: str, minutes: int, moment: str
) -> None:
    assert calendar.moment(date.fromisoformat(day), minutes, zone) == utc(moment)


@pytest.mark.parametrize(
    ("hours", "zone", "asked", "opens"),
    [
        (Hours(540, 1080), "UTC", "2026-10-05T09:00", "2026-10-05T09:00"),
        (Hours(540, 1080), "UTC", "2026-10-05T17:59", "2026-10-05T17:59"),
        (Hours(540, 1080), "UTC", "2026-10-05T18:00", "2026-10-06T09:00"),
        (Hours(540, 1080, (1, 2, 3, 4, 5)), "UTC", "2026-10-09T18:00", "2026-10-12T09:00"),
        (Hours(540, 1080), BERLIN, "2026-10-24T20:00", "2026-10-25T08:00"),
        (NIGHT, BERLIN, "2026-10-25T00:29", "2026-10-25T00:29"),
        (NIGHT, BERLIN, "2026-10-25T00:30", "2026-10-25T19:00"),
    ],
)
def test_hours_open_and_close_by_the_clock(hours: Hours, zone: str, asked: str, opens: str) -> None:
    """Somebody whose own moment is later than the opening comes within half an hour of it."""
    late_ms = calendar.turn(hours, zone, utc(asked), 1_001) - utc(opens)
    assert late_ms == 0 if asked == opens else 0 < late_ms < 30 * MINUTE_MS


def test_an_opening_that_a_clock_change_makes_short_is_not_left_again_before_its_turn() -> None:
    """From 01:50 to 03:00 on a day on which 02:00 to 03:00 is left out: ten minutes, whoever comes."""
    short = Hours(110, 180)
    asked = utc("2026-03-29T00:00")
    for person in range(1_000, 1_100):
        assert utc("2026-03-29T00:50") <= calendar.turn(short, BERLIN, asked, person) < utc("2026-03-29T01:00")


def test_a_step_that_has_begun_goes_on_for_a_quarter_of_an_hour_unless_the_hours_are_strict() -> None:
    closes_ms = utc("2026-10-05T18:00")
    for outside, most in (("wait", 15), ("drop", 15), ("strict", 0)):
        hours = Hours(540, 1080, outside=outside)
        asked = [closes_ms + (most - 1) * MINUTE_MS, closes_ms + most * MINUTE_MS]
        assert [calendar.lets_go_on(hours, "UTC", one) for one in asked] == [True, False]


def test_a_persons_own_moment_is_the_same_each_time_and_differs_between_people() -> None:
    moments = [calendar.own_moment(person, HOUR_MS) for person in range(100)]
    assert moments == [calendar.own_moment(person, HOUR_MS) for person in range(100)]
    assert all(0 <= moment < HOUR_MS for moment in moments)
    assert len(set(moments)) > 90
