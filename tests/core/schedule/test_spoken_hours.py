"""Sending hours as people type them: read as what they say, or refused with what to type."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.errors import CampaignError
from engine.core.schedule.sending_hours import PORTUGUESE, parse, write
from engine.core.schedule.words import letters

READ = """
off: qualquer hora | a qualquer hora | desligado | sempre | Sempre. | any time | at any hour | 24h | 24 horas | 24/7
off: 0
09:00-21:00: todo dia 9-21 | todos os dias das 9h às 21h | das 9h às 21h | das 9 às 21 | 9h até 21h
09:00-21:00: 9-21 diariamente
09:00-21:00: de segunda a segunda 9-21 | entre 9h e 21h | entre 9 e 21 | every day 9am-9pm | daily 9 to 21
09:00-21:00: 9hs às 21hs | 9:00h às 21:00h | das 9 da manhã às 9 da noite | between 9am and 9pm | 9 a.m. – 9 p.m.
09:00-18:00: 9am-6pm | 9am to 6pm | das 9 às 18 | 9h-18h | 9h — 18h | ９-１８ | 9.00-18.00 | 9-6pm
09:00-18:00: das 9h às 6 da tarde
09:30-18:00: 9h30 às 18h | 9 e meia às 18h | nove e meia às dezoito
mon-fri 09:00-18:00: segunda-feira a sexta-feira 9h às 18h | dias úteis 9-18 | dias úteis 9h-18h | weekdays 9-18
mon-fri 09:00-18:00: seg. a sex. 9h-18h | Seg–Sex 9h–18h | de segunda até sexta das 9 às 18 | 2ª a 6ª das 9h às 18h
mon-fri 09:00-18:00: monday through friday 9am to 6pm | 9h às 18h de segunda a sexta | 9am-6pm weekdays
mon-fri 09:00-18:00: seg-sex: 9h-18h
mon-fri 09:00-18:00: segundas a sextas 9-18 | on weekdays from 9 to 18 | só dias úteis 9-18 | Mondays to Fridays 9-18
mon,wed 08:00-12:00: segundas e quartas 8h-12h | segundas-feiras e quartas-feiras 8-12 | mon & wed 8-12
mon,wed 08:00-12:00: às segundas e quartas das 8h ao meio-dia | mondays and wednesdays 8am to noon | seg, qua 8-12
tue-thu 10:00-19:00: de terça à quinta das 10 às 19 | tues-thurs 10am-7pm | ter a qui 10-19
tue-thu 10:00-19:00: terca, quarta, quinta 10-19
sat-sun 10:00-16:00: fim de semana 10-16 | fins de semana das 10h às 16h | finais de semana 10h-16h | sáb e dom 10-16
sat-sun 10:00-16:00: weekends 10am-4pm | the weekend 10 to 16 | aos sábados e domingos das 10 às 16 | SAB,DOM 10-16
mon,fri-sun 08:00-00:00: sex-seg 8-24 | sexta a segunda 8h à meia-noite | fri-mon 8:00-24:00
21:00-09:00: 21-9 | 21h-9h | 9pm-9am | das 9 da noite às 9 da manhã | 21:00–09:00
"""
"""How a window is written, and texts that mean it."""

REFUSED = """
write for example: quarter 9-18 | quarto 9-18 | seguro 9-18 | sexy 9-18 | domain 9-18 | montag 9-18 | mond 9-18
write for example: weekly 9-18 | sund 9-18 | wednes 9-18 | terno 9-18 | sabático 9-18 | friend 9-18 | 9-18 blah
write for example: fim de semana | dias úteis | weekdays | todo dia | segunda a sexta | seg-sex | every day
write for example: horário comercial | a partir das 9h | até 18h | 9h | às 9h | nunca | domingos e feriados 9-12
write for example: seg-sex 9-18, sáb 9-12 | seg/sex 9-18 | seg-sex 9 | 9-18-20 | 9,18 | -9-18 | segunda à noite | a | e
write for example: -feira
write for example: 24:30-25:00 | 9h61-18h | 9-25 | 13pm-6pm | 9h-9h | 0-24 | seg-sex 0-24
write for example: 12 da noite às 12 da noite | 9-12 da manhã | 0:00-0:00
09:00-17:00: 9-5 | 9:00-5:00 | das 9 às 5 | 9 to 5 | 9am-5 | nine to five | das nove às cinco | 9h às 5h | 9h-5
14:00-17:00: 2h da tarde às 5h | 2h às 5 da tarde | das duas da tarde às cinco | 2pm às 5h | duas às cinco | 2h-5h
10:00-14:00: 10h-2h | dez às duas | 10 horas às 2 horas
20:00-22:00: oito às dez da noite | 8h às 10 da noite
08:00-20:00: 8-8 | oito às oito | 8h às 8h
20:00-08:00: 8-8 | oito às oito | 8h às 8h
00:00-12:00: 12-12
09:00-05:00: 9-5 | weekdays 9-5
14:00-18:00: 2-6 | das 2 às 6 | das 2 às 6 da tarde | seg-sex 2 to 6pm
12:00-18:00: 12:00-6:00 | 12-6 | noon-6
"""
"""What a refusal proposes, and texts that could mean something else, or that no window is."""


def rows(table: str) -> list[tuple[str, str]]:
    lines = [line.partition(": ") for line in table.strip().splitlines()]
    return [(text, meaning) for meaning, _, texts in lines for text in texts.split(" | ")]


def written(text: str) -> str:
    window = parse(text)
    return write(window) if window else "off"


@pytest.mark.parametrize(("text", "meaning"), rows(READ))
def test_hours_are_read_as_what_they_say(text: str, meaning: str) -> None:
    assert written(text) == meaning


@pytest.mark.parametrize(("text", "proposed"), rows(REFUSED))
def test_other_hours_are_refused_with_what_to_type(text: str, proposed: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(text)
    assert "write for example" in str(refusal.value)
    assert proposed in str(refusal.value)


@pytest.mark.parametrize("text", [text for text, _ in rows(REFUSED)])
def test_what_a_refusal_proposes_is_read(text: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(text)
    proposed = re.findall("[0-9]+:[0-9]+-[0-9]+:[0-9]+", str(refusal.value).split("write for example")[1])
    assert all(parse(hours) for hours in proposed)


WORDS = sorted({word for text, _ in (*rows(READ), *rows(REFUSED)) for word in text.split()} | {",", "-", ":"})


@given(st.one_of(st.lists(st.sampled_from(WORDS), max_size=7).map(" ".join), st.text(max_size=140)))
def test_any_text_is_read_to_one_window_or_refused_by_us(text: str) -> None:
    try:
        window = parse(text)
    except CampaignError:
        return
    if window:
        assert parse(write(window)) == parse(write(window, PORTUGUESE)) == window


@given(st.sampled_from(WORDS), st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=3))
def test_the_beginning_of_a_word_says_nothing(word: str, more: str) -> None:
    known = {letters(each) for each in WORDS}
    if not word.isalpha() or letters(f"{word}{more}") in known | {letters(f"{word}s"), "sabado", "noites", "am", "pm"}:
        return
    with pytest.raises(CampaignError):
        parse(f"{word}{more} 9-18")


@pytest.mark.parametrize("piece", ["9", "9-", "seg,", "segunda a ", "das ", "-", "\u0301\u0323", "e ", "9h às 18h "])
def test_a_long_text_is_refused_at_once(piece: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(piece * 5_000)
    assert len(str(refusal.value)) < 1_000
