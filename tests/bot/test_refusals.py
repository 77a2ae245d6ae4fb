"""Refusals are in the admin's language, and say how to mend it."""

from collections.abc import Callable

import pytest

from bot.framework.i18n import Translator
from engine.core.campaign import editing
from engine.core.campaign.checks import check
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content import checks, keyboard
from engine.core.content.model import Delete, Effects, Media, Poll, Replace, StartButton, Text, Unbutton
from engine.core.errors import CampaignError, MediaError, Phrase, SettingsError
from engine.core.schedule import step_schedule
from engine.core.schedule.step_schedule import After
from engine.media.file_kinds import LARGEST, check_size

PORTUGUESE = Translator("pt")
ENGLISH = Translator("en")


def refused(act: Callable[[], object]) -> CampaignError | MediaError:
    with pytest.raises((CampaignError, MediaError)) as refusal:
        act()
    assert isinstance(refusal.value, CampaignError | MediaError)
    return refusal.value


def replacing(text: str) -> Effects:
    return Effects(on_return=Replace(text), on_payment=Delete())


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (
            lambda: step_schedule.parse("sometime <soon>"),
            (
                "Não entendi 'sometime &lt;soon&gt;': escreva, por exemplo,"
                " agora, 10m, 2h30m, amanhã 09:30 ou +3d 18:00."
            ),
        ),
        (
            lambda: checks.check(Text("Oi,\n{nome}")),
            (
                "Perto de “{nome}” (texto): {nome} não é uma variável;"
                " use {first_name|amigo}, {username|amigo} ou {bot}; se quer chaves mesmo, escreva {{ e }}."
            ),
        ),
        (
            lambda: checks.check(Text("Oi {first_name}!")),
            (
                "Perto de “{first_name}!” (texto): falta dizer o que aparece para quem não tem nome;"
                " escreva {first_name|amigo}."
            ),
        ),
        (
            lambda: checks.check(Text('<a href="{bot}">Oi</a>')),
            'Perto de “{bot}"&gt;Oi&lt;/a&gt;” (texto): uma variável está dentro de uma tag; escreva entre as tags.',
        ),
        (
            lambda: checks.check(Media("photo", "0a" * 32, "x" * 1025)),
            "Ficou comprido (legenda): tem 1025 caracteres, encurte para 1024.",
        ),
        (
            lambda: checks.check_variants(Text("Oi"), {"en": Text("<b>Hi")}),
            "Idioma en: Perto de “&lt;b&gt;Hi” (texto): &lt;b&gt; não foi fechada; ponha &lt;/b&gt;.",
        ),
        (
            lambda: checks.check_effects(replacing(" "), [Text("Oi")]),
            "Se a pessoa voltar: Está em branco (texto novo): escreva o que a pessoa vai ler.",
        ),
        (
            lambda: checks.check_effects(Effects(on_payment=Unbutton()), [Text("Oi")]),
            "Se a pessoa pagar: Não há botões para tirar: mude essa regra, ou crie um botão.",
        ),
        (
            lambda: keyboard.check(((StartButton("Oi", "a b"),),)),
            (
                "Botão 1 da fileira 1: O que vem depois de start: não é válido:"
                " use de 1 a 64 caracteres entre A-Z, a-z, 0-9, _ e -."
            ),
        ),
        (
            lambda: checks.check(Poll("Qual?", ("sim", ""))),
            "Está em branco (opção 2): escreva o que a pessoa vai ler.",
        ),
        (
            lambda: check(Snapshot("UTC", (Step("a", After(0), (Block("b", Text("")),)),)), 1),
            "Passo a, bloco b: Está em branco (texto): escreva o que a pessoa vai ler.",
        ),
        (
            lambda: editing.delete_step(Snapshot("UTC", ()), "a"),
            "Isto não está mais no rascunho: veja a lista atual.",
        ),
        (
            lambda: check_size(LARGEST, "photo", "{a}&<b>.png"),
            "{a}&amp;&lt;b&gt;.png passa de 10 MB, o máximo para este tipo: mande um menor, ou mande como documento.",
        ),
    ],
)
def test_a_refusal_is_translated(act: Callable[[], object], sentence: str) -> None:
    assert PORTUGUESE.refusal(refused(act)) == sentence


def test_in_english_it_is_the_engines_sentence_as_html() -> None:
    error = refused(lambda: checks.check(Text("<b>Hi")))
    assert str(error) == "In line 1, column 1 of the text <b> is never closed: add </b>."
    assert ENGLISH.refusal(error) == "In line 1, column 1 of the text &lt;b&gt; is never closed: add &lt;/b&gt;."


def test_a_sentence_that_no_catalogue_knows_stays_english() -> None:
    assert (
        PORTUGUESE.refusal(MediaError("{what} is <new>.", what=Phrase("a variable"))) == "uma variável is &lt;new&gt;."
    )
    assert PORTUGUESE.refusal(SettingsError("PORT {x} & co.")) == "PORT {x} &amp; co."


def test_a_refusal_is_translated_where_it_is_a_value() -> None:
    error = refused(lambda: checks.check(Text("")))
    sentence = "⚠ Está em branco (texto): escreva o que a pessoa vai ler."
    assert PORTUGUESE("⚠ {why}", why=error) == PORTUGUESE.label("⚠ {why}", why=error) == sentence
