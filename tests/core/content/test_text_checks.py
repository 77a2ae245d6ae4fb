"""How much a text, a caption, a label and a poll's words may hold, whatever the names of the people."""

from collections.abc import Callable

import pytest

from engine.core.content import text_checks
from engine.core.content.templates import Person
from engine.core.errors import CampaignError

VARIABLE = "{first_name|you}"


def question(template: str) -> None:
    text_checks.check_words(template, "question", 300)


@pytest.mark.parametrize(
    ("check", "template"),
    [
        (text_checks.check_text, "x"),
        (text_checks.check_text, "x" * 4096),
        (text_checks.check_text, "<b>" + "x" * 4096 + "</b>\n"),
        (text_checks.check_text, "👍" * 4096),
        (text_checks.check_text, "<b>" + "&amp;" * 4089 + "</b>" + "x" * 7),
        (text_checks.check_text, "x" * (4096 - 64) + VARIABLE),
        (text_checks.check_text, "x" * (4096 - 33) + "{bot}"),
        (text_checks.check_text, VARIABLE),
        (text_checks.check_text, "<i>Oi</i>, {first_name|<você>}"),
        (text_checks.check_text, '<a href="https://example.com/{{id}}">x</a>'),
        (text_checks.check_caption, ""),
        (text_checks.check_caption, "x" * 1024),
        (text_checks.check_label, "x" * 64),
        (text_checks.check_label, VARIABLE + "x" * 61),
        (text_checks.check_label, "1 < 2 & <b>"),
        (question, "x" * 300),
    ],
)
def test_texts_that_fit_pass(check: Callable[[str], None], template: str) -> None:
    check(template)


@pytest.mark.parametrize(
    ("check", "template", "sentence"),
    [
        (text_checks.check_text, "", "The text is empty: write what the user should read."),
        (text_checks.check_text, " \n ", "The text is empty"),
        (text_checks.check_text, "<b> &#8203;</b>", "The text is empty"),
        (text_checks.check_text, "x" * 4097, "The text has 4097 characters: shorten it to 4096."),
        (text_checks.check_text, "&amp;" * 4097, "The text has 4097 characters"),
        (text_checks.check_text, "&#0;" * 1025, "The text has 4100 characters"),
        (text_checks.check_text, "&#1114111;" * 410, "The text has 4100 characters"),
        (text_checks.check_text, "x" * 4033 + VARIABLE, "The text can have 4097 characters: shorten it to 4096."),
        (text_checks.check_text, "{" * 40_000, "The text takes 40000 bytes with its tags: shorten it to 32768."),
        (text_checks.check_text, "\ud800" * 40_000, "The text takes 40000 bytes"),
        (text_checks.check_text, f"<a href='{'é' * 16_300}'>{VARIABLE}</a>", "The text takes 32935 bytes"),
        (text_checks.check_text, "{first_name|a\nb}", "In line 1, column 1 of the text a brace is not closed"),
        (text_checks.check_text, f"{VARIABLE} <i>x", "In line 1, column 18 of the text <i> is never closed"),
        (text_checks.check_text, f"\n<a href='/{VARIABLE}'>x</a>", "In line 2, column 11 of the text a variable"),
        (text_checks.check_text, "a\x00b", "a character that cannot be sent"),
        (text_checks.check_caption, "x" * 1025, "The caption has 1025 characters: shorten it to 1024."),
        (text_checks.check_caption, "<h1>", "In line 1, column 1 of the caption <h1> is not a tag"),
        (text_checks.check_label, " ", "The label is empty"),
        (text_checks.check_label, "\u3164", "The label is empty"),
        (text_checks.check_label, "x" * 65, "The label has 65 characters: shorten it to 64."),
        (text_checks.check_label, VARIABLE + "x" * 62, "The label has 65 characters"),
        (text_checks.check_label, "{first_name}", "of the label {first_name} has no fallback"),
        (text_checks.check_label, "a\x00", "of the label there is a character that cannot be sent"),
        (question, "x" * 301, "The question has 301 characters: shorten it to 300."),
        (question, "x" * 237 + VARIABLE, "The question can have 301 characters"),
        (question, "", "The question is empty"),
    ],
)  # fmt: skip
def test_texts_that_do_not_fit_are_refused(check: Callable[[str], None], template: str, sentence: str) -> None:
    with pytest.raises(CampaignError) as refusal:
        check(template)
    assert sentence in str(refusal.value)


def test_a_label_is_cut_where_a_name_makes_it_too_long() -> None:
    assert text_checks.label("{first_name|you}, come back", Person("x" * 61), "b") == "x" * 61 + ", c"
    assert text_checks.label("{first_name|you} come back", Person("x" * 63), "b") == "x" * 63
