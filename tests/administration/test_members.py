"""Whatever people call themselves, others see who they are."""

from unicodedata import bidirectional, category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.administration.members import shown_name

TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
odd = st.sampled_from(
    "\u200b\u200c\u200d\u200e\u202e\u202c\u2067\u2069\u3164\u2800\u00ad\ufeff\n\t\x00\ud83d\U000e0041 a👩ب"
)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Souza", "Ana Souza"),
        ("\u200b\u200b", "7"),
        ("\u3164\u2800", "7"),
        ("", "7"),
        ("\u202eeuqirneH", "euqirneH"),
        ("Ana\n\u2067B\u2069\x00", "Ana B"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("\u0301\u0302", "7"),
        ("x" * 100, "x" * 64),
        ("x" * 63 + "\u200dy", "x" * 63),
    ],
)
def test_a_name_is_shown_as_it_can_be_seen(name: str, shown: str) -> None:
    assert shown_name(name, 7) == shown


@given(st.text(odd | st.characters(), max_size=80))
def test_no_name_hides_a_person_or_turns_a_line_round(name: str) -> None:
    shown = shown_name(name, 7)
    assert shown == shown.strip() != ""
    assert not [letter for letter in shown if bidirectional(letter) in TURNING or category(letter) in ("Cc", "Cs")]
    assert shown_name(shown, 7) == shown
