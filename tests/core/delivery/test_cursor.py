"""What Redis carries of an episode is read back as it was written, and refused when it is not ours."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.delivery import cursor
from engine.core.delivery.cursor import Cursor

KEYS = st.from_regex("[a-z0-9-]{1,32}", fullmatch=True)
CURSORS = st.builds(Cursor, st.integers(0, 2**53), st.integers(0, 999), KEYS, KEYS, st.integers(0, 2**31))


@given(CURSORS)
def test_a_cursor_is_read_back_as_it_was_written(place: Cursor) -> None:
    assert cursor.read(cursor.write(place)) == place


@given(CURSORS)
def test_a_written_cursor_holds_no_blank(place: Cursor) -> None:
    assert not any(character.isspace() for character in cursor.write(place))


def test_the_first_character_is_the_layout() -> None:
    assert cursor.write(Cursor(5, 1, "hello", "one", 3)) == "15/1/hello/one/3"


def test_nothing_stands_for_no_episode() -> None:
    assert cursor.read("") is None


def test_another_layout_is_refused() -> None:
    assert cursor.read("25/1/hello/one/3") is None
