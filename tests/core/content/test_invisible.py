"""What people can see of a text."""

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content import invisible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana", "Ana"),
        ("  Ana \t\r\n Maria\u2028 ", "Ana Maria"),
        ("A\x00n\x1ba\x7f", "Ana"),
        ("\u202eanA\u2066\u2069\u200e", "anA"),
        ("A\u200bn\u2061a\ufeff\u2060\u00ad", "Ana"),
        ("A \u200b B", "A B"),
        ("A\ud800\ue000B", "AB"),
        ("\u3164Ana\u2800", "Ana"),
        ("José 👍🏽 李", "José 👍🏽 李"),
    ],
)
def test_invisible_characters_are_removed(text: str, shown: str) -> None:
    assert invisible.stripped(text) == shown


@pytest.mark.parametrize(
    "name",
    [
        "علی\u200cرضا",  # Persian: written apart
        "می\u200cخواهم",
        "श्री क\u094d\u200dष",  # Devanagari: a half form
        "ශ්\u200dරී",
        "র\u200d\u09cdযাব",
        "രാജന\u0d4d\u200d",  # Malayalam: the joiner shapes the end of the word
        "👨\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "👩🏽\u200d💻",
        "🏳\ufe0f\u200d🌈",
        "🇧🇷",
        "👍🏿",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "葛\U000e0100城",
        "\U0001fae8 \U0001faea",  # emoji that are newer than the table of Unicode that Python knows
        "\u06dd Ana",
    ],
)
def test_no_name_loses_a_letter(name: str) -> None:
    assert invisible.stripped(name) == name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u200dAna\u200c", "Ana"),
        ("Ana \u200d Maria\u200c \u200dSilva", "Ana Maria Silva"),
        ("A\u200c\u200d\u200cna", "A\u200cna"),
        ("A\u200b\u200d\u200bna", "A\u200dna"),
        ("\u3164\u200d\u2800", ""),
        ("\u200c", ""),
        ("\U0001f3f4\U000e0067\U000e0062x", "\U0001f3f4x"),
        ("A\U000e0041\U000e007fna", "Ana"),
        ("A\ufff0\ufffe\U0010ffff\U000e0fffna\ufdd0", "Ana"),
    ],
)
def test_what_joins_or_tags_nothing_is_removed(text: str, shown: str) -> None:
    assert invisible.stripped(text) == shown


_odd = st.text(
    st.sampled_from("\u200c\u200d\u200b\u3164\ufe0f 👨a\u0d4d\U0001f3f4\U000e0067\U000e007f") | st.characters()
)


@given(_odd)
def test_a_cleaned_text_is_clean(text: str) -> None:
    shown = invisible.stripped(text)
    assert invisible.stripped(shown) == shown
    assert shown == " ".join(shown.split())
    assert invisible.is_blank(shown) == invisible.is_blank(text)


@given(_odd)
def test_nothing_that_can_be_seen_is_lost_and_nothing_is_added(text: str) -> None:
    def seen(text: str) -> list[str]:
        return [letter for letter in text if category(letter)[0] == "M" or not invisible.is_blank(letter)]

    assert seen(invisible.stripped(text)) == seen(text)


@pytest.mark.parametrize("text", ["", " \n\t\xa0\u2003", "\u200b\u200e", "\u3164", "\u2800 \u115f", "\u0301\ufe0f"])
def test_a_text_of_nothing_is_blank(text: str) -> None:
    assert invisible.is_blank(text)


@pytest.mark.parametrize("text", ["a", ".", "7", "👍", "\u3164x", "ã"])
def test_a_text_with_anything_to_see_is_not(text: str) -> None:
    assert not invisible.is_blank(text)
