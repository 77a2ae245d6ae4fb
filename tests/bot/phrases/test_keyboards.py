"""Buttons as people type them: read as what they say, or refused with every line at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.framework.i18n import Translator
from bot.phrases.keyboards import parse, write
from engine.core.content import keyboard
from engine.core.errors import CampaignError

SHOP = "https://padaria.example/oferta"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"Comprar | {SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar|{SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar {SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar - {SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar – {SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar: {SHOP}", f"Comprar | {SHOP}"),
        (f"Comprar agora => {SHOP}", f"Comprar agora | {SHOP}"),
        (f"Comprar → {SHOP} ; Regras {SHOP}", f"Comprar | {SHOP} ; Regras | {SHOP}"),
        ("Comprar | padaria.example/oferta", f"Comprar | {SHOP}"),
        ("Comprar | www.padaria.example", "Comprar | https://www.padaria.example"),
        ("Comprar www.padaria.example", "Comprar | https://www.padaria.example"),
        ("Comprar | padaria.example/oferta | direct", f"Comprar | {SHOP} | direct"),
        ("Comprar | padaria.example/oferta | Direto", f"Comprar | {SHOP} | direct"),
        ("Falar | @marina", "Falar | https://t.me/marina"),
        ("Falar @marina", "Falar | https://t.me/marina"),
        ("Falar com a Ana - @marina", "Falar com a Ana | https://t.me/marina"),
        ("Falar | t.me/marina", "Falar | https://t.me/marina"),
        ("Falar t.me/marina?start=x", "Falar | https://t.me/marina?start=x"),
        ("Chega | Parar", "Chega | stop"),
        ("Chega | STOP", "Chega | stop"),
        ("Cupom | Copiar: VOLTA 10", "Cupom | copy:VOLTA 10"),
        ("Ajuda | START: ajuda", "Ajuda | start:ajuda"),
        ("Um | @marina\n\n  Dois | stop  ", "Um | https://t.me/marina\nDois | stop"),
    ],
)
def test_a_button_is_read_as_what_it_says(text: str, written: str) -> None:
    rows = parse(text)
    keyboard.check(rows)
    assert write(rows) == written
    assert parse(written) == rows


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Comprar",
            "Comprar |",
            f"| {SHOP}",
            SHOP,
            "@marina",
            "Comprar | em breve",
            "Comprar | 1.000",
            "Ligar | 11 9999",
        ),
        *(
            "Comprar | https://",
            "Comprar | ftp://a.example",
            "Falar | @ana",
            "Ver | start ajuda",
            f"Comprar | {SHOP} | já",
        ),
        *("Ver | start:a b", "Cupom | copy:", "Comprar | https//padaria.example", "Comprar padaria", "Oi | stop agora"),
    ],
)
def test_other_lines_are_refused_with_their_number(text: str) -> None:
    with pytest.raises(CampaignError, match=r"^line 2: "):
        parse(f"Bom | {SHOP}\n{text}")


def test_every_line_that_is_wrong_is_told_at_once_and_the_good_ones_are_not() -> None:
    with pytest.raises(CampaignError) as refusal:
        parse(f"Comprar\nBom | {SHOP}\nAjuda | start:a b ; Cupom | copy:\n\nLoja | em breve")
    told = Translator("pt").refusal(refusal.value).split("\n")
    assert [line.partition(":")[0] for line in told] == ["Linha 1", "Linha 3", "Linha 3", "Linha 5"]


def test_very_many_faults_fit_on_a_screen() -> None:
    with pytest.raises(CampaignError) as refusal:
        parse("Comprar\n" * 1_000)
    assert len(Translator("pt").refusal(refusal.value)) < 2_000
    assert Translator("pt").refusal(refusal.value).endswith("… e mais 990")


PIECES = ["Comprar", SHOP, "|", ";", " ; ", "\n", "-", ":", "@marina", "stop", "start:", "copy:", "direct", "a.example"]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join) | st.text(max_size=200))
def test_any_text_is_read_to_buttons_that_read_back_or_is_refused_by_us(text: str) -> None:
    try:
        rows = parse(text)
    except CampaignError:
        return
    assert parse(write(rows)) == rows


@pytest.mark.parametrize("piece", [" ", "a.", "| ", " ;", "-", "@a", "a | direct ", "\n"])
def test_a_long_text_is_answered_at_once(piece: str) -> None:
    with pytest.raises(CampaignError):
        parse(piece * 5_000)
