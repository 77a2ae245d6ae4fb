"""When a campaign may send: what admins write, when it opens, and whose turn is when."""

from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.core.errors import CampaignError
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import (
    GRACE_MS,
    PORTUGUESE,
    Window,
    is_in_grace,
    opens,
    parse,
    shifted,
    spread_ms,
    write,
)

DAY_MS = 24 * 3_600_000
DAYTIME = Window(9 * 60, 21 * 60)
NIGHT = Window(21 * 60, 9 * 60)
WORK = Window(9 * 60, 18 * 60, (1, 2, 3, 4, 5))
BERLIN, SAO_PAULO, LORD_HOWE, APIA = "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia"


def ms(text: str, zone: str = SAO_PAULO, fold: int = 0) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-21:00", DAYTIME),
        ("9-21", DAYTIME),
        ("9h às 21h", DAYTIME),
        ("todos os dias 09:00–21:00", DAYTIME),
        ("every day 9:00 to 21:00", DAYTIME),
        ("seg-sex 09:00-18:00", WORK),
        ("Mon-Fri 9-18", WORK),
        ("segunda a sexta 9h-18h", WORK),
        ("seg,ter,qua,qui,sex 9:00-18:00", WORK),
        ("sáb, dom 10:00-12:30", Window(600, 750, (6, 7))),
        ("sex-seg 8-24", Window(480, 0, (1, 5, 6, 7))),
        ("21:00-09:00", NIGHT),
        ("off", None),
        ("sempre", None),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, expected: Window | None) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "9", "25:00-26:00", "09:00-09:00", "xyz 9-18", "09:61-18:00", "0-0"])
def test_other_hours_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(CampaignError, match=r"write for example"):
        parse(text)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.sets(st.integers(1, 7), min_size=1),
    st.sampled_from(get_args(sending_hours.Mode)),
)
def test_a_written_window_reads_back_the_same(start: int, end: int, days: set[int], mode: sending_hours.Mode) -> None:
    if start == end:
        return
    given_window = Window(start, end, tuple(sorted(days)), mode)
    assert parse(write(given_window), mode) == given_window
    assert parse(write(given_window, PORTUGUESE), mode) == given_window


@pytest.mark.parametrize(
    ("hours", "zone", "at", "opening"),
    [
        (DAYTIME, SAO_PAULO, "2026-11-25 12:00", "2026-11-25 12:00"),
        (DAYTIME, SAO_PAULO, "2026-11-25 09:00", "2026-11-25 09:00"),
        (DAYTIME, SAO_PAULO, "2026-11-25 21:00", "2026-11-26 09:00"),
        (DAYTIME, SAO_PAULO, "2026-11-25 03:00", "2026-11-25 09:00"),
        (NIGHT, SAO_PAULO, "2026-11-25 03:00", "2026-11-25 03:00"),
        (NIGHT, SAO_PAULO, "2026-11-25 12:00", "2026-11-25 21:00"),
        (WORK, SAO_PAULO, "2026-11-27 18:00", "2026-11-30 09:00"),
        (Window(21 * 60, 9 * 60, (5,)), SAO_PAULO, "2026-11-28 08:00", "2026-11-28 08:00"),
        (Window(21 * 60, 9 * 60, (5,)), SAO_PAULO, "2026-11-28 09:00", "2026-12-04 21:00"),
        (Window(150, 600), BERLIN, "2026-03-29 01:00", "2026-03-29 03:30"),
        (Window(150, 600), BERLIN, "2026-10-25 01:00", "2026-10-25 02:30"),
        (Window(135, 600), LORD_HOWE, "2026-10-04 01:00", "2026-10-04 02:45"),
        (Window(540, 600), APIA, "2011-12-29 12:00", "2011-12-31 09:00"),
        (Window(120, 180, (7,)), BERLIN, "2026-03-22 02:59", "2026-03-22 02:59"),
        (Window(120, 180, (7,)), BERLIN, "2026-03-22 03:00", "2026-04-05 02:00"),
        (Window(120, 180, (7,)), BERLIN, "2026-03-28 12:00", "2026-04-05 02:00"),
        (Window(120, 180, (7,)), BERLIN, "2026-03-29 03:00", "2026-04-05 02:00"),
        (Window(135, 150, (7,)), LORD_HOWE, "2026-10-03 12:00", "2026-10-11 02:15"),
        (Window(0, 60, (7,)), SAO_PAULO, "2018-11-03 12:00", "2018-11-11 00:00"),
    ],
)
def test_it_opens(hours: Window, zone: str, at: str, opening: str) -> None:
    assert opens(hours, ms(at, zone), zone) == ms(opening, zone)


def test_the_second_of_two_equal_hours_does_not_open_it_again() -> None:
    hours = Window(150, 155)
    assert opens(hours, ms("2026-10-25 02:32", BERLIN, fold=1), BERLIN) == ms("2026-10-26 02:30", BERLIN)


def test_a_begun_step_has_a_quarter_of_an_hour_after_the_end() -> None:
    closed = ms("2026-11-25 21:00")
    assert is_in_grace(DAYTIME, closed - 1, SAO_PAULO)
    assert is_in_grace(DAYTIME, closed + GRACE_MS - 1, SAO_PAULO)
    assert not is_in_grace(DAYTIME, closed + GRACE_MS, SAO_PAULO)


def test_a_strict_window_has_none() -> None:
    hours = Window(9 * 60, 21 * 60, mode="strict")
    closed = ms("2026-11-25 21:00")
    assert is_in_grace(hours, closed - 1, SAO_PAULO)
    assert not is_in_grace(hours, closed, SAO_PAULO)
    assert shifted(hours, closed, SAO_PAULO, 7) == shifted(DAYTIME, closed, SAO_PAULO, 7) > closed


def test_waiting_steps_are_spread_and_dropped_ones_stay() -> None:
    night = ms("2026-11-25 23:00")
    opening = ms("2026-11-26 09:00")
    turns = {shifted(DAYTIME, night, SAO_PAULO, chat) - opening for chat in range(500)}
    assert len(turns) > 400
    assert min(turns) >= 0
    assert max(turns) < sending_hours.SPREAD_MS
    assert shifted(DAYTIME, night, SAO_PAULO, 7) == shifted(DAYTIME, night + 1, SAO_PAULO, 7)
    assert shifted(Window(540, 1260, mode="drop"), night, SAO_PAULO, 7) == night
    assert shifted(None, night, SAO_PAULO, 7) == night
    assert spread_ms(Window(540, 541), 7) < 60_000


@given(st.integers(1, 20), st.integers(0, 16))
def test_a_begun_step_has_its_quarter_of_an_hour_however_short_the_window_is(length: int, late: int) -> None:
    hours = Window(600, 600 + length)
    closed = ms("2026-11-25 10:00") + length * 60_000
    assert is_in_grace(hours, closed + late * 60_000, SAO_PAULO) == (late < GRACE_MS // 60_000)
    assert not is_in_grace(hours, ms("2026-11-25 10:00") - 1, SAO_PAULO)


@pytest.mark.parametrize(
    ("hours", "night", "zone", "closing"),
    [
        (Window(110, 190), "2026-03-28 23:00", BERLIN, "2026-03-29 03:10"),
        (Window(23 * 60, 185), "2026-03-28 12:00", BERLIN, "2026-03-29 03:05"),
        (Window(105, 160), "2026-10-03 23:00", LORD_HOWE, "2026-10-04 02:40"),
        (Window(23 * 60 + 50, 70), "2018-11-03 12:00", SAO_PAULO, "2018-11-04 01:10"),
    ],
)
def test_turns_stay_in_a_night_that_a_clock_change_shortens(hours: Window, night: str, zone: str, closing: str) -> None:
    turns = [shifted(hours, ms(night, zone), zone, chat) for chat in range(500)]
    assert max(turns) < ms(closing, zone)
    assert min(turns) >= ms(night, zone)


@cache
def changes(zone: str, year: int) -> list[int]:
    """The moments of a year at which a zone's clocks change, to the minute."""
    new_year = ms(f"{year}-01-01 00:00", "UTC")
    days = [new_year + day * DAY_MS for day in range(367)]
    return [_change(zone, day, after) for day, after in pairwise(days) if offset(zone, day) != offset(zone, after)]


def _change(zone: str, before: int, after: int) -> int:
    while after - before > 60_000:
        middle = (before + after) // 2
        before, after = (middle, after) if offset(zone, middle) == offset(zone, before) else (before, middle)
    return after


def offset(zone: str, at: int) -> timedelta | None:
    return step_schedule.local(at, zone).utcoffset()


def is_inside(hours: Window, at: int, zone: str) -> bool:
    """Whether the moment is between an opening and its closing, worked out day by day."""
    today = step_schedule.local(at, zone).date()
    for day in (today + timedelta(days=ahead) for ahead in range(-2, 2)):
        closing = day + timedelta(days=hours.end <= hours.start)
        opened, closed = wall(day, hours.start, zone), wall(closing, hours.end, zone)
        if day.isoweekday() in hours.days and opened <= at < closed:
            return True
    return False


def wall(day: date, minutes: int, zone: str) -> int:
    return ms(f"{day} {minutes // 60:02}:{minutes % 60:02}", zone)


SEASONS = [ms(f"{year}-{month:02}-15 12:00", "UTC") for year in (2011, 2018) for month in (1, 4, 7, 10)]
MOVING = sorted(zone for zone in step_schedule.zones() if len({offset(zone, at) for at in SEASONS}) > 1)


@settings(deadline=None)  # the first look at a zone walks through its year
@given(
    st.sampled_from(MOVING),
    st.sampled_from([2011, 2018]),
    st.one_of(
        st.tuples(st.integers(-40, -1), st.integers(60, 90)),
        st.tuples(st.integers(-180, 180), st.integers(1, 1439)),
    ),
    st.one_of(st.just({*range(1, 8)}), st.sets(st.integers(1, 7), min_size=1)),
    st.one_of(st.integers(-120, -60), st.integers(-1440, 240)),
    st.data(),
)
def test_a_turn_is_inside_the_window_wherever_clocks_change(
    zone: str, year: int, span: tuple[int, int], days: set[int], before: int, data: st.DataObject
) -> None:
    assume(changes(zone, year))
    change = data.draw(st.sampled_from(changes(zone, year)))
    clock = step_schedule.local(change - 60_000, zone)
    start = (clock.hour * 60 + clock.minute + span[0]) % 1440
    hours = Window(start, (start + span[1]) % 1440, tuple(sorted(days)))
    at = change + before * 60_000
    turns = [shifted(hours, at, zone, chat) for chat in range(30)]
    assert all(is_inside(hours, turn, zone) and opens(hours, turn, zone) == turn >= at for turn in turns)
    assert all(is_in_grace(hours, turn, zone) for turn in turns)
    assert is_inside(hours, at, zone) == (turns == [at] * 30) == (opens(hours, at, zone) == at)


@given(st.integers(0, 400 * 24), st.integers(0, 1439), st.integers(1, 120), st.integers(1, 7))
def test_a_weekly_window_opens_however_the_clocks_change(at_hour: int, start: int, length: int, day: int) -> None:
    hours = Window(start, (start + length) % 1440, (day,))
    for zone in (BERLIN, SAO_PAULO, LORD_HOWE, APIA):
        at = ms("2011-09-01 00:00", zone) + at_hour * 3_600_000
        opening = opens(hours, at, zone)
        assert opens(hours, opening, zone) == opening
        assert at <= opening <= at + 15 * 24 * 3_600_000


@given(st.integers(0, 2**33), st.sampled_from([BERLIN, SAO_PAULO, LORD_HOWE, APIA, "UTC"]), st.integers(0, 1439))
def test_it_always_opens_and_is_open_then(seconds: int, zone: str, start: int) -> None:
    hours = Window(start, (start + 60) % 1440)
    opening = opens(hours, seconds * 1000, zone)
    assert opening >= seconds * 1000
    assert opens(hours, opening, zone) == opening
    assert step_schedule.local(opening, zone).tzinfo is not None
