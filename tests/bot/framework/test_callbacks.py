"""A button's data in the right hands, in the wrong hands, changed, and old."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.framework.callbacks import LIFETIME_S, PREFIX, Holder, Press, code, code_of_key, mint, read

KEY, OLD_KEY = b"k" * 32, b"o" * 32
HOLDER = Holder(manager=1_000, admin=7, chat=7)
NOW_MS = 1_790_000_000_123
MOST_BYTES = 64

presses = st.builds(
    Press,
    route=st.integers(0, 2**16 - 1),
    bot=st.integers(0, 2**63),
    step=st.integers(0, 2**32 - 1),
    block=st.integers(0, 2**32 - 1),
    choice=st.integers(0, 2**32 - 1),
    revision=st.integers(0, 2**32 - 1),
)


@given(presses)
def test_a_minted_press_is_read_back_and_fits(press: Press) -> None:
    data = mint(KEY, press, HOLDER, NOW_MS)
    assert len(data.encode()) == MOST_BYTES
    token = read([KEY], data, HOLDER)
    assert token is not None
    assert token.press == press


def test_a_token_is_old_after_fifteen_minutes() -> None:
    token = read([KEY], mint(KEY, Press(1), HOLDER, NOW_MS), HOLDER)
    assert token is not None
    assert not token.is_old((NOW_MS // 1000 + LIFETIME_S) * 1000 - 1)
    assert token.is_old((NOW_MS // 1000 + LIFETIME_S) * 1000)


@pytest.mark.parametrize("other", [HOLDER._replace(manager=2), HOLDER._replace(admin=8), HOLDER._replace(chat=-7)])
def test_a_token_is_worthless_to_anyone_else(other: Holder) -> None:
    assert read([KEY], mint(KEY, Press(1), HOLDER, NOW_MS), other) is None


def test_an_older_key_still_reads_and_a_foreign_one_does_not() -> None:
    data = mint(OLD_KEY, Press(1), HOLDER, NOW_MS)
    assert read([KEY, OLD_KEY], data, HOLDER) is not None
    assert read([KEY], data, HOLDER) is None


@given(presses, st.integers(0, MOST_BYTES - 1), st.characters(max_codepoint=0x2FF))
def test_no_changed_character_passes(press: Press, place: int, character: str) -> None:
    data = mint(KEY, press, HOLDER, NOW_MS)
    changed = data[:place] + character + data[place + 1 :]
    assert changed == data or read([KEY], changed, HOLDER) is None


@given(st.text(max_size=80) | st.text(max_size=80).map(PREFIX.__add__))
def test_data_that_nobody_minted_is_refused(data: str) -> None:
    assert read([KEY], data, HOLDER) is None


def test_codes_differ_and_no_key_has_the_code_of_none() -> None:
    assert code("home") != code("bot")
    assert code_of_key("a") != code_of_key("b")
    assert code_of_key("a") > 0
