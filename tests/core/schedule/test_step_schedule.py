"""Schedules: what may be written, and when it falls due across the world's clock changes."""

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import CampaignError
from engine.core.schedule.cities import CITIES
from engine.core.schedule.step_schedule import (
    MAX_DAYS,
    MAX_MS,
    After,
    OnDay,
    Schedule,
    check_zone,
    due,
    find_zones,
    local,
    parse,
    parse_duration,
    write,
    write_duration,
    zone_of,
    zones,
)

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ZONES = [
    "America/Sao_Paulo",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/New_York",
    "Asia/Kathmandu",
    "UTC",
]

delays = st.integers(0, MAX_MS).map(After)
days = st.builds(OnDay, st.integers(1, MAX_DAYS), st.integers(0, 23), st.integers(0, 59))
moments = st.integers(ms := int(datetime(2008, 1, 1, tzinfo=UTC).timestamp()) * 1000, ms + 30 * 365 * DAY)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("now", After(0)),
        ("agora", After(0)),
        ("Na  Hora", After(0)),
        ("10m", After(10 * MINUTE)),
        ("10 min", After(10 * MINUTE)),
        ("2h30m", After(150 * MINUTE)),
        ("2H 30M", After(150 * MINUTE)),
        ("1h", After(HOUR)),
        ("45s", After(45_000)),
        ("250ms", After(250)),
        ("1m250ms", After(MINUTE + 250)),
        ("1d", After(DAY)),
        ("365d", After(MAX_MS)),
        ("amanhã 09:30", OnDay(1, 9, 30)),
        ("AMANHÃ 09:30", OnDay(1, 9, 30)),
        ("amanha 9:30", OnDay(1, 9, 30)),
        ("amanhã às 9h30", OnDay(1, 9, 30)),
        ("tomorrow 09:30", OnDay(1, 9, 30)),
        ("Tomorrow at 9:30", OnDay(1, 9, 30)),
        ("+3d 18:00", OnDay(3, 18, 0)),
        ("+3d18:00", OnDay(3, 18, 0)),
        (" + 3D  18:00 ", OnDay(3, 18, 0)),
        ("+365d 00:00", OnDay(365, 0, 0)),
        ("1.5h", After(90 * MINUTE)),
        ("1,5h", After(90 * MINUTE)),
        ("1 semana", After(7 * DAY)),
        ("10m later", After(10 * MINUTE)),
        ("１０m", After(10 * MINUTE)),
    ],
)
def test_a_schedule_is_read_in_both_languages(text: str, schedule: Schedule) -> None:
    assert parse(text) == schedule


@pytest.mark.parametrize(
    ("portuguese", "english", "written"),
    [
        ("10 minutos", "10 minutes", "10m"),
        ("10 min", "10 mins", "10m"),
        ("1 minuto", "1 minute", "1m"),
        ("2 horas", "2 hours", "2h"),
        ("1 hora", "1 hour", "1h"),
        ("1hora", "1 hr", "1h"),
        ("1 dia", "1 day", "1d"),
        ("2 dias", "2 days", "2d"),
        ("45 segundos", "45 seconds", "45s"),
        ("1h 30min", "1h 30min", "1h30m"),
        ("1h30", "1h30", "1h30m"),
        ("1 hora e 30 minutos", "1 hour and 30 minutes", "1h30m"),
        ("1 dia, 2 horas e 5 minutos", "1 day, 2 hours, and 5 minutes", "1d2h5m"),
        ("daqui a 2h", "in 2h", "2h"),
        ("em 1 hora e 30 minutos", "in 1 hour 30 minutes", "1h30m"),
        ("Daqui a 10 Minutos", "In 10 Minutes", "10m"),
        ("amanhã às 9h", "tomorrow 9am", "tomorrow 09:00"),
        ("amanhã 9h", "tomorrow at 9", "tomorrow 09:00"),
        ("amanha 9h30", "tomorrow at 9:30 am", "tomorrow 09:30"),
        ("amanhã, às 9 horas", "tomorrow, 9:00", "tomorrow 09:00"),
        ("amanhã às 9h30min", "tomorrow 9:30AM", "tomorrow 09:30"),
        ("amanhã à 1h", "tomorrow at 1 am", "tomorrow 01:00"),
        ("amanhã às 22", "tomorrow at 10 pm", "tomorrow 22:00"),
        ("amanhã 21h30", "tomorrow at 9:30 pm", "tomorrow 21:30"),
        ("amanhã 12h", "tomorrow 12pm", "tomorrow 12:00"),
        ("amanhã 0h", "tomorrow 12am", "tomorrow 00:00"),
        ("em 3 dias às 18:00", "in 3 days at 18:00", "+3d 18:00"),
        ("daqui a 3 dias, às 18h", "in 3 days, at 6pm", "+3d 18:00"),
        ("em 3 dias 18h30", "in 3 days 6:30 pm", "+3d 18:30"),
        ("em 1 dia às 9h", "in 1 day at 9", "tomorrow 09:00"),
        ("depois de amanhã 10:00", "day after tomorrow 10:00", "+2d 10:00"),
        ("Depois de amanhã às 10h", "the day after tomorrow at 10", "+2d 10:00"),
    ],
)
def test_a_schedule_is_read_as_people_write_it(portuguese: str, english: str, written: str) -> None:
    assert [write(parse(portuguese)), write(parse(english))] == [written, written]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_may_be_composed_or_not(form: Literal["NFC", "NFD"]) -> None:
    assert parse(unicodedata.normalize(form, "amanhã às 09:30")) == OnDay(1, 9, 30)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("", "write for example now, 10m"),
        ("soon", "write for example now, 10m"),
        ("d", "write for example"),
        ("m10", "write for example"),
        ("1h1h", "write for example"),
        ("-5m", "write for example"),
        ("1 0m", "write for example"),
        ("amanhã", "write for example"),
        ("+3d", "write for example"),
        ("amanhã às", "write for example"),
        ("ontem 09:30", "amanhã 09:30"),
        ("hoje 18h", "write for example"),
        ("today 18:00", "write for example"),
        ("18:00", "write for example"),
        ("9am", "write for example"),
        ("1 hora e", "write for example"),
        ("e 30 minutos", "write for example"),
        ("30 minutos e 1 hora", "write for example"),
        ("daqui a pouco", "write for example"),
        ("2 days after tomorrow 10:00", "write for example"),
        ("in 2h at 10:00", "write for example"),
        ("++2h", "write for example"),
        # So much time, or on that day?
        ("em 3 dias", "The hour in"),
        ("in 3 days", "The hour in"),
        ("em 3 dias 18h", "The hour in"),
        ("in 3 days 18h 30m", "The hour in"),
        ("+3d 18h", "The hour in"),
        ("in 3 days 18", "The hour in"),
        ("amanhã 9:3", "The hour in"),
        ("tomorrow morning", "The hour in"),
        ("366d", "at most 365d"),
        ("8760h1s", "at most 365d"),
        ("9" * 60 + "d", "at most 365d"),
        ("+0d 18:00", "from +1d to +365d"),
        ("+366d 18:00", "from +1d to +365d"),
        ("tomorrow 24:00", "from 00:00 to 23:59"),
        ("tomorrow 12:60", "from 00:00 to 23:59"),
        ("tomorrow 13pm", "from 00:00 to 23:59"),
        ("tomorrow 0am", "from 00:00 to 23:59"),
        ("1" * 65, "too long"),
        ("\x00\n1", "write for example"),
    ],
)
def test_other_texts_are_refused_in_one_line_with_the_mend(text: str, mend: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(text)
    assert mend in str(refusal.value)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("text", ["now", "amanhã 09:30", "in 2h", "+2h", "", "366d", "x" * 1000])
def test_a_duration_is_an_amount_of_time_within_bounds(text: str) -> None:
    with pytest.raises(CampaignError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "ms"), [("10 minutos", 10 * MINUTE), ("1 hora e 30 minutos", 90 * MINUTE), ("2 days", 2 * DAY)]
)
def test_a_duration_is_read_as_people_write_it(text: str, ms: int) -> None:
    assert parse_duration(text) == ms


@given(delays | days)
def test_a_written_schedule_reads_back_the_same(schedule: Schedule) -> None:
    assert parse(write(schedule)) == schedule


@given(st.integers(0, MAX_MS))
def test_a_written_duration_reads_back_the_same(delay_ms: int) -> None:
    assert parse_duration(write_duration(delay_ms)) == delay_ms


@given(st.text())
def test_any_text_is_read_or_refused_by_us(text: str) -> None:
    try:
        schedule = parse(text)
    except CampaignError:
        return
    assert parse(write(schedule)) == schedule


@given(delays | days)
def test_a_schedule_survives_its_document(schedule: Schedule) -> None:
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=Schedule) == schedule


@pytest.mark.parametrize(
    ("zone", "anchor", "schedule", "expected"),
    [
        # P25: tomorrow is that of the anchor's local date
        ("America/Sao_Paulo", "2026-11-25T23:59-03:00", "tomorrow 09:30", "2026-11-26T09:30-03:00"),
        ("America/Sao_Paulo", "2026-11-26T00:01-03:00", "tomorrow 09:30", "2026-11-27T09:30-03:00"),
        ("America/Sao_Paulo", "2026-11-25T23:59-03:00", "+3d 18:00", "2026-11-28T18:00-03:00"),
        # Brazil's last summer times: midnight does not exist, then 23:30 is there twice
        ("America/Sao_Paulo", "2018-11-03T12:00-03:00", "tomorrow 00:30", "2018-11-04T01:30-02:00"),
        ("America/Sao_Paulo", "2019-02-15T12:00-02:00", "tomorrow 23:30", "2019-02-16T23:30-02:00"),
        # Berlin: a gap of an hour, an overlap of an hour
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "tomorrow 01:59", "2026-03-29T01:59+01:00"),
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "tomorrow 02:30", "2026-03-29T03:30+02:00"),
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "tomorrow 09:30", "2026-03-29T09:30+02:00"),
        ("Europe/Berlin", "2026-10-24T12:00+02:00", "tomorrow 02:30", "2026-10-25T02:30+02:00"),
        ("Europe/Berlin", "2026-10-24T12:00+02:00", "tomorrow 03:00", "2026-10-25T03:00+01:00"),
        # Lord Howe: both are of half an hour
        ("Australia/Lord_Howe", "2026-10-03T12:00+10:30", "tomorrow 02:15", "2026-10-04T02:45+11:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:00+11:00", "tomorrow 01:45", "2026-04-05T01:45+11:00"),
        # Apia went without 30 December 2011: the gap is a day
        ("Pacific/Apia", "2011-12-29T12:00-10:00", "tomorrow 09:30", "2011-12-31T09:30+14:00"),
        ("Pacific/Apia", "2011-12-29T12:00-10:00", "+2d 09:30", "2011-12-31T09:30+14:00"),
        ("Pacific/Apia", "2011-12-29T12:00-10:00", "+3d 09:30", "2012-01-01T09:30+14:00"),
        # A delay is elapsed time, whatever the clocks do
        ("Europe/Berlin", "2026-03-28T12:00+01:00", "1d", "2026-03-29T13:00+02:00"),
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "1h", "2026-10-25T02:30+01:00"),
    ],
)
def test_a_due_moment_follows_the_clocks_of_the_zone(zone: str, anchor: str, schedule: str, expected: str) -> None:
    assert due(parse(schedule), at(anchor), zone, at(anchor)) == at(expected)


@pytest.mark.parametrize(
    ("schedule", "not_before", "expected"),
    [
        ("tomorrow 09:30", "2026-11-26T09:30-03:00", "2026-11-26T09:30-03:00"),
        ("tomorrow 09:30", "2026-11-26T09:30:00.001-03:00", "2026-11-27T09:30-03:00"),
        ("tomorrow 09:30", "2026-12-24T08:00-03:00", "2026-12-24T09:30-03:00"),
        ("+3d 18:00", "2026-11-25T12:00-03:00", "2026-11-28T18:00-03:00"),
        ("+3d 18:00", "2026-11-28T20:00-03:00", "2026-11-29T18:00-03:00"),
        ("10m", "2026-11-25T12:05-03:00", "2026-11-25T12:10-03:00"),
        ("10m", "2026-11-25T12:15-03:00", "2026-11-25T12:15-03:00"),
        ("now", "2026-11-25T12:00-03:00", "2026-11-25T12:00-03:00"),
    ],
)
def test_a_step_that_would_come_too_early_waits_for_its_next_occurrence(
    schedule: str, not_before: str, expected: str
) -> None:
    anchor = at("2026-11-25T12:00-03:00")
    assert due(parse(schedule), anchor, "America/Sao_Paulo", at(not_before)) == at(expected)


@given(delays | days, moments, st.sampled_from(ZONES), st.integers(0, 40 * DAY))
def test_nothing_is_due_before_its_anchor_or_the_end_of_the_step_before(
    schedule: Schedule, anchor: int, zone: str, pause: int
) -> None:
    moment = due(schedule, anchor, zone, anchor + pause)
    assert moment >= anchor + pause


@given(days, moments, st.sampled_from(ZONES), st.integers(0, 400 * DAY))
def test_a_later_start_never_brings_an_earlier_due(schedule: OnDay, anchor: int, zone: str, pause: int) -> None:
    first = due(schedule, anchor, zone, anchor)
    later = due(schedule, anchor, zone, anchor + pause)
    assert later == first if anchor + pause <= first else later > first
    assert later <= max(first, anchor + pause + 2 * DAY)


@given(days, moments, st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]))
def test_a_due_moment_shows_the_wanted_date_and_time_except_in_a_gap(schedule: OnDay, anchor: int, zone: str) -> None:
    shown = local(due(schedule, anchor, zone, anchor), zone).replace(tzinfo=None)
    wanted = datetime.combine(
        local(anchor, zone).date() + timedelta(days=schedule.days),
        datetime.min.time().replace(hour=schedule.hour, minute=schedule.minute),
    )
    assert shown - wanted in (timedelta(), timedelta(minutes=30), timedelta(hours=1))


@pytest.mark.parametrize("name", ["America/Sao_Paulo", "Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"])
def test_an_iana_name_is_a_zone(name: str) -> None:
    check_zone(name)


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("America/Sao Paulo", "did you mean America/Sao_Paulo?"),
        ("america/sao_paulo", "did you mean America/Sao_Paulo?"),
        ("Europe/Berlim", "did you mean Europe/Berlin?"),
        ("EST", "write an IANA name such as America/Sao_Paulo"),
        ("-03:00", "write an IANA name"),
        ("../../etc/passwd", "write an IANA name"),
        ("", "write an IANA name"),
        ("x" * 10_000, "write an IANA name"),
    ],
)
def test_an_unknown_zone_is_refused_with_a_near_one(name: str, mend: str) -> None:
    with pytest.raises(CampaignError, match=mend.replace("?", r"\?")) as refusal:
        check_zone(name)
    assert len(str(refusal.value)) < 200


def test_a_due_in_an_unknown_zone_is_refused() -> None:
    with pytest.raises(CampaignError, match="not known"):
        due(OnDay(1, 9, 30), 0, "Europe/Berlim", 0)


@pytest.mark.parametrize(
    ("city", "zone"),
    [
        ("São Paulo", "America/Sao_Paulo"),
        ("sao paulo", "America/Sao_Paulo"),
        ("São_Paulo", "America/Sao_Paulo"),
        ("America/Sao_Paulo", "America/Sao_Paulo"),
        ("america/sao paulo", "America/Sao_Paulo"),
        ("  RECIFE ", "America/Recife"),
        ("Salvador", "America/Bahia"),
        ("El Salvador", "America/El_Salvador"),
        ("Natal", "America/Fortaleza"),
        ("vitoria", "America/Sao_Paulo"),
        ("Brasília", "America/Sao_Paulo"),
        ("Manaus", "America/Manaus"),
        ("SP", "America/Sao_Paulo"),
        ("rio", "America/Sao_Paulo"),
        ("BH", "America/Sao_Paulo"),
        ("Santos", "America/Sao_Paulo"),
        ("Fernando de Noronha", "America/Noronha"),
        ("horário de Brasília", "America/Sao_Paulo"),
        ("UTC", "UTC"),
        ("GMT-3", None),
        ("Buenos_Aires", None),
        ("Salvado", None),
        ("Sao", None),
        ("Berlim", None),
        ("", None),
        ("_", None),
        ("x" * 10_000, None),
    ],
)
def test_only_the_whole_name_of_one_place_is_its_zone(city: str, zone: str | None) -> None:
    assert zone_of(city) == zone


@pytest.mark.parametrize(
    ("city", "found"),
    [
        ("Buenos Aires", ("America/Argentina/Buenos_Aires", "America/Buenos_Aires")),
        ("salvad", ("America/Bahia", "America/El_Salvador")),
        ("brasil", ("America/Sao_Paulo",)),
        ("Berlim", ("Europe/Berlin",)),
        ("Paulo", ("America/Sao_Paulo",)),
        ("SP", ("America/Sao_Paulo",)),
        ("noronha", ("America/Noronha",)),
        ("tirasp", ("Europe/Tiraspol",)),
        ("spol", ()),
        ("UTC-2", ("America/Noronha",)),
        ("GMT -5", ("America/Rio_Branco",)),
        ("−05:00", ("America/Rio_Branco",)),
        ("utc-0500", ("America/Rio_Branco",)),
        ("GMT", ("UTC",)),
        ("GMT+0", ("UTC",)),
        ("GMT+13", ()),
        ("UTC-3:30", ()),
        ("UTC+3", ()),
        ("UTC+1", ()),
        ("+02:00", ()),
        ("Xyzzy", ()),
        ("", ()),
        ("_", ()),
    ],
)
def test_part_of_a_name_or_nearly_a_name_is_found(city: str, found: tuple[str, ...]) -> None:
    assert find_zones(city, 8) == found


@pytest.mark.parametrize("text", ["UTC-3", "GMT-3", "gmt -03:00", "-3", "UTC−3", "UTC-03", "GMT - 3"])
def test_an_offset_of_brazil_offers_the_places_that_have_it(text: str) -> None:
    found = find_zones(text, 8)
    assert found[0] == "America/Sao_Paulo"
    assert {local(at("2026-11-25T12:00-03:00"), zone).utcoffset() for zone in found} == {timedelta(hours=-3)}


def test_no_more_zones_are_found_than_wanted() -> None:
    assert len(find_zones("a", 8)) == len(set(find_zones("a", 8))) == 8


@pytest.mark.parametrize("city", CITIES)
def test_a_large_city_is_in_a_zone_and_is_taken_for_no_other(city: str) -> None:
    assert CITIES[city] in zones()
    assert zone_of(city) == CITIES[city]
