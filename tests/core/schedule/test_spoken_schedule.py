"""Schedules and amounts of time as people type them: each is read as what it says, or refused with what to type."""

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.core.errors import CampaignError
from engine.core.schedule.step_schedule import parse, parse_duration, parse_reply, write, write_duration

READ = """
now: imediatamente | de imediato | já | agora mesmo | Na hora. | immediately | right away | at once
15m: quinze minutos | um quarto de hora | a quarter of an hour | fifteen minutes
30m: meia hora | daqui a meia hora | em meia hora | meia hora depois | half an hour | in half an hour | trinta minutos
45m: 45 min. | quarenta e cinco minutos | forty-five minutes | 45 mins
1h: uma hora | 1 hora | daqui a uma hora | an hour | in an hour | one hour | +1h | 60 min | 1 hr.
1h30m: 1 hora e meia | uma hora e meia | 1h e meia | an hour and a half | one and a half hours | 1.5h | 1,5 h | 1,5 hora
1h30m: 1 hora e 30 | 1h 30 | uma hora e trinta | +1h30 | daqui 1h30 | noventa minutos | 1 h 30 min | 1h30min | 1H30
2h: daqui 2 horas | daqui 2h | após 2 horas | depois de 2 horas | 2 horas depois | after 2 hours | 2 hours later
2h: 2 hrs.
2h15m: duas horas e quinze | 2 horas e 15 minutos | two hours and fifteen minutes
2h30m: 2 horas e meia | 2h e meia | 2,5h | 2.5 hours | two and a half hours
1d: um dia | 24 horas | vinte e quatro horas | a day | one day | 1 dia
1d2h: em 1 dia e 2 horas | 1 dia e 2h | in 1 day and 2 hours
1d12h: 1 dia e meio | um dia e meio | 1d12h | 36h | a day and a half | 1,5 dia
3d18h: 3d18h | 3 dias e 18h | 3 dias e 18 horas | 3 days and 18 hours
7d: 1 semana | uma semana | 1 week | a week | sete dias
14d: 2 semanas | duas semanas | two weeks
30s: 30 seg | 30 segundos | 30 sec
tomorrow 00:00: amanhã 0h | amanhã às 00:00 | tomorrow 12am
tomorrow 03:00: amanhã 03:00 | amanhã às 03h | amanhã às 3 da manhã | tomorrow 3am
tomorrow 02:00: amanhã às 2 da madrugada | amanhã às 2h da manhã
tomorrow 08:00: dia seguinte 8h | no dia seguinte às 8h | the next day at 8 | D+1 8h | d+1 às 8 | amanhã às oito
tomorrow 09:00: amanhã às 9 da manhã | amanhã de manhã às 9 | amanhã, 9h | amanhã às nove horas | amanhã 9hs
tomorrow 09:00: AMANHÃ  ÀS 9H
tomorrow 09:00: tomorrow at 9 in the morning | tomorrow morning at 9 | tomorrow 9 a.m. | tomorrow 9 A.M
tomorrow 09:00: in 1 day at 9am
tomorrow 09:30: amanhã às 9 e meia | amanhã 9.30 | amanhã às 9 e 30 | amanhã às nove e trinta | amanhã 9h 30
tomorrow 09:30: amanhã 9:30h
tomorrow 12:00: amanhã ao meio-dia | amanhã meio dia | amanhã às 12 da tarde | tomorrow at noon | tomorrow noon
tomorrow 12:30: amanhã ao meio-dia e meia | amanhã às 12h30
tomorrow 15:00: amanhã à tarde às 3 | amanhã às 3 da tarde | tomorrow afternoon at 3
tomorrow 15:00: tomorrow at three in the afternoon
tomorrow 18:00: amanhã às 6 da tarde | amanhã às 18h da tarde | tomorrow at 6pm | tomorrow 6 p.m.
tomorrow 21:00: amanhã às 9 da noite | amanhã à noite às 9 | tomorrow at 9 at night | tomorrow 9 pm
+2d 12:00: depois de amanhã ao meio-dia | daqui a dois dias ao meio-dia | in 2 days at noon
+3d 09:00: 3 dias às 9 da manhã | 3d 9am | em três dias às 9
+3d 18:00: 3 dias às 18h | 3 dias depois às 18h | 3d 18:00 | D+3 18h | +3 dias às 18h | daqui 3 dias às 18h
+3d 18:00: 3 days at 6pm
+3d 18:00: +3d às 18h | 3 days later at 18:00 | após 3 dias às 18h | depois de 3 dias às 18:00
+7d 09:00: 1 semana às 9h | uma semana depois às 9h | in a week at 9am | em 1 semana 9:00
10m: １０m | “10m” | `10m` | 10m. | 10 min! | 10\u00a0m | \u200b10\u202fmin
"""
"""What is stored, and texts that mean it."""

REFUSED = """
1h30m: 1:30
tomorrow 01:30: 1:30
9h: 9:00
tomorrow 09:00: 9:00 | às 9h | at 9 | 9am | 9 da manhã | às nove
+3d 21:00: 9 da noite | às 21h
10m: 10
10d: 10
now: 0 | soon | logo | mais tarde | daqui a pouco | semana que vem | next week | todo dia às 9h | every day 9am
now: quarter
now: 1h5 | 1h90 | 1,30h | 1.500m | .5h | -5m | ½ hora | 1²h | 2 1/2 h | ++2h | 1 hora e | 1e3m | 0x10m | 1_0m | m10
now: 1h1h
now: 30 minutos e 1 hora | 10 minutos ou 1 hora | 1 hora e 5 | in 2h at 10:00 | 10m tomorrow | ١٠m | dezena de minutos
30d: 1 mês | um mês | 1 month | 2 meses | 1 ano | a year
2h: hoje às 18h | hoje à noite | today 18:00 | tonight | tonight at 9 | no mesmo dia às 18h
tomorrow 18:00: segunda 9h | sexta 18:00 | segunda-feira às 9h | on monday at 9 | next friday | aos sábados | hoje
tomorrow 15:00: amanhã às 3 | amanhã às três | tomorrow at three | 1 dia às 3 | D+1 3:00
+3d 14:30: +3d às 2 e meia | em três dias às duas e meia | 3 days at 2:30
tomorrow 14:00: às 2 | às 2 horas | at two
tomorrow 18:00: seg 9h | seg. 9:00 | 2ª 9h | 6ª feira às 18h
tomorrow 09:00: amanhã | amanhã de manhã | tomorrow morning | amanhã às | amanhã 9:3 | amanhã 930 | amanhã 9:30:00 | D+1
3d: +3d | em 3 dias | daqui a 3 dias | in 3 days | 3 dias depois | após 3 dias
3d18h: +3d 18h | 3d 18h | 3 dias 18h | em 3 dias 18h | 3 dias, 18h
3d18h: 3 days 18h | em 3 dias, 18h
3d18h30m: 3 dias 18h30
1d: 1 dia depois | depois de 1 dia | in a day | +1d
7d: em 1 semana | in a week
tomorrow 00:00: amanhã à meia-noite | tomorrow at midnight | amanhã às 12 da noite | amanhã meia noite
+2d 00:00: amanhã à meia-noite
00:00 to 23:59: amanhã 24:00 | amanhã 25h | amanhã 9h75 | tomorrow 13pm | tomorrow 0am | amanhã às 15 da manhã
00:00 to 23:59: amanhã às 3 da noite
+1d to +365d: +0d 9:00 | D+0 9h | +366d 18:00 | 53 semanas às 9h
at most 365d: 366d | 53 semanas | 9999999999 horas
"""
"""What a refusal proposes, and texts that could mean something else, or that no step can do."""


def rows(table: str) -> list[tuple[str, str]]:
    """Each text with what stands in front of its row."""
    lines = [line.partition(": ") for line in table.strip().splitlines()]
    return [(text, meaning) for meaning, _, texts in lines for text in texts.split(" | ")]


@pytest.mark.parametrize(("text", "written"), rows(READ))
def test_it_is_read_as_what_it_says(text: str, written: str) -> None:
    assert write(parse(text)) == written


@pytest.mark.parametrize(("text", "proposed"), rows(REFUSED))
def test_what_could_mean_something_else_is_refused_with_what_to_type(text: str, proposed: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(text)
    assert proposed in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("meia hora", "30m"),
        ("um dia", "1d"),
        ("1 semana", "7d"),
        ("duas horas e meia", "2h30m"),
        ("1,5h", "1h30m"),
        ("half an hour", "30m"),
        ("a week", "7d"),
        ("24 HORAS", "1d"),
    ],
)
def test_an_amount_of_time_is_read_in_words(text: str, written: str) -> None:
    assert write_duration(parse_duration(text)) == written


@pytest.mark.parametrize("text", ["10", "1:30", "0", "1 mês", "9am", "às 9h", "+2h", "em 2h", "2h depois", "m", "1h5"])
def test_an_amount_of_time_without_a_unit_is_refused_with_one(text: str) -> None:
    with pytest.raises(CampaignError, match="write for example 45s, 10m, 2h30m or 1d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "hour", "amount"),
    [
        ("9h", "tomorrow 09:00", "+9h"),
        ("9 H.", "tomorrow 09:00", "+9h"),
        ("18h", "tomorrow 18:00", "+18h"),
        ("21hs", "tomorrow 21:00", "+21h"),
        ("9h30", "tomorrow 09:30", "+9h30m"),
        ("23h59", "tomorrow 23:59", "+23h59m"),
        ("9 horas", "tomorrow 09:00", "+9h"),
        ("Dezoito horas.", "tomorrow 18:00", "+18h"),
        ("18 hrs", "tomorrow 18:00", "+18h"),
        ("8 horas e meia", "tomorrow 08:30", "+8h30m"),
        ("após 18h", "tomorrow 18:00", "+18h"),
        ("depois de 9 horas", "tomorrow 09:00", "+9h"),
        ("after 21h", "tomorrow 21:00", "+21h"),
    ],
)
def test_an_answer_that_may_be_an_hour_or_an_amount_is_refused_with_both(text: str, hour: str, amount: str) -> None:
    with pytest.raises(CampaignError, match=re.escape(f"write {hour} or {amount}.")):
        parse_reply(text)
    assert write(parse_reply(hour)) == hour
    assert f"+{write(parse_reply(amount))}" == amount


@pytest.mark.parametrize(
    "text",
    ["10m", "1h", "2h", "1h30", "2h30m", "9 hours", "+9h", "em 9h", "daqui 18 horas", "9h depois", "24h", "36h"],
)
def test_any_other_answer_is_read_as_a_schedule_is(text: str) -> None:
    assert parse_reply(text) == parse(text)


@pytest.mark.parametrize("text", ["9h da manhã", "2h da tarde", "9h à noite", "2 h pm", "às 9 horas"])
def test_an_answer_that_can_only_be_an_hour_is_not_refused_as_an_amount(text: str) -> None:
    with pytest.raises(CampaignError, match="does not say on which day"):
        parse_reply(text)


PIECES = sorted({word for text, _ in (*rows(READ), *rows(REFUSED)) for word in text.split()} | {",", "+", "-", ":"})
phrases = st.lists(st.sampled_from(PIECES), max_size=8).map(" ".join)


@given(st.one_of(phrases, st.text(max_size=70)))
@example("amanhã às amanhã às")
def test_any_phrase_is_read_to_one_meaning_or_refused_by_us(text: str) -> None:
    try:
        schedule = parse(text)
    except CampaignError:
        return
    assert parse(write(schedule)) == schedule


@given(st.one_of(phrases, st.text(max_size=70)))
def test_any_amount_of_time_is_read_or_refused_by_us(text: str) -> None:
    try:
        ms = parse_duration(text)
    except CampaignError:
        return
    assert parse_duration(write_duration(ms)) == ms


@given(phrases, st.sampled_from(["NFC", "NFD", "wide", "upper", "blanks"]))
def test_how_it_is_typed_does_not_matter(text: str, change: str) -> None:
    assert outcome(typed(text, change)) == outcome(text)


def typed(text: str, change: str) -> str:
    match change:
        case "NFC" | "NFD":
            return unicodedata.normalize(change, text)
        case "wide":
            return "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdecimal() else c for c in text)
        case "upper":
            return text.upper()
    return f"  {text} \t".replace(" ", "\u00a0 ")


def outcome(text: str) -> str:
    try:
        return write(parse(text))
    except CampaignError:
        return "refused"


@pytest.mark.parametrize("piece", ["9", "1h", "1 ", "amanhã ", "e ", "+", "1,", "9:", "\u0301\u0323", "ª", "às", "."])
@pytest.mark.parametrize("read", [parse, parse_duration])
def test_a_long_text_is_refused_at_once(piece: str, read: Callable[[str], object]) -> None:
    with pytest.raises(CampaignError) as refusal:
        read(piece * 5_000)
    assert len(str(refusal.value)) < 1_000
