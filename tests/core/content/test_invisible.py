"""What people can see of a text."""

import pytest

from engine.core.content import invisible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ana", "Ana"),
        ("  Ana \t\r\n Maria\u2028 ", "Ana Maria"),
        ("A\x00n\x1ba\x7f", "Ana"),
        ("\u202eanA\u2066\u2069\u200e", "anA"),
        ("A\u200bn\u200da\ufeff\u2060\u00ad", "Ana"),
        ("A \u200b B", "A B"),
        ("A\ud800\ue000B", "AB"),
        ("\u3164Ana\u2800", "Ana"),
        ("José 👍🏽 李", "José 👍🏽 李"),
    ],
)
def test_invisible_characters_are_removed(text: str, shown: str) -> None:
    assert invisible.stripped(text) == shown


@pytest.mark.parametrize("text", ["", " \n\t\xa0\u2003", "\u200b\u200e", "\u3164", "\u2800 \u115f", "\u0301\ufe0f"])
def test_a_text_of_nothing_is_blank(text: str) -> None:
    assert invisible.is_blank(text)


@pytest.mark.parametrize("text", ["a", ".", "7", "👍", "\u3164x", "ã"])
def test_a_text_with_anything_to_see_is_not(text: str) -> None:
    assert not invisible.is_blank(text)
