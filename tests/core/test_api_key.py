"""A key has a form that tells a typo from a revoked key, finds a leaked one, and leaves nothing of it to guess."""

from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.core.api_key import (
    ALL,
    ALPHABET,
    IN_TEXT,
    MOST_DAYS,
    PREFIX,
    RANDOM,
    Scope,
    compose,
    hint,
    is_whole,
    read_end,
    read_scopes,
)
from engine.core.errors import BotError
from engine.core.schedule.spoken_time import DAY_MS

NOW_MS: Final = 1_796_041_800_000  # 2026-11-30T12:30:00Z
FORMER: Final = "rk_" + "aB3_-" * 8 + "xyz"
keys: Final = st.text(ALPHABET, min_size=RANDOM, max_size=RANDOM).map(compose)
anything: Final = st.one_of(st.text(), st.text(ALPHABET), st.from_regex(rf"{PREFIX}\w{{36}}", fullmatch=True))


@given(keys)
def test_a_key_is_whole(key: str) -> None:
    assert is_whole(key)
    assert key.isascii()
    assert len(key) == 40


@given(keys, st.integers(0, 39), st.characters())
def test_one_wrong_character_is_noticed(key: str, place: int, wrong: str) -> None:
    assume(key[place] != wrong)
    assert not is_whole(key[:place] + wrong + key[place + 1 :])


@given(keys, st.integers(0, 38))
def test_two_characters_in_the_wrong_order_are_noticed(key: str, place: int) -> None:
    assume(key[place] != key[place + 1])
    assert not is_whole(key[:place] + key[place + 1] + key[place] + key[place + 2 :])


@given(keys, st.integers(0, 40), st.integers(0, 40))
def test_a_key_with_a_part_missing_is_noticed(key: str, start: int, end: int) -> None:
    assume(start < end)
    assert not is_whole(key[:start] + key[end:])


@given(keys, st.integers(0, 40), st.text(min_size=1))
def test_a_key_with_something_added_is_noticed(key: str, place: int, more: str) -> None:
    assert not is_whole(key[:place] + more + key[place:])


@given(keys)
def test_upper_and_lower_case_differ(key: str) -> None:
    changed = PREFIX + key[len(PREFIX) :].swapcase()
    assume(changed != key)
    assert not is_whole(changed)


@given(anything)
def test_other_text_is_no_key(text: str) -> None:
    assert not is_whole(text) or IN_TEXT.fullmatch(text)


def test_a_key_from_before_the_checksum_has_its_own_form() -> None:
    assert is_whole(FORMER)
    assert not any(map(is_whole, (FORMER[:-1], FORMER + "x", FORMER + "\n", "rk_" + "é" * 43)))


@given(keys, st.text(), st.sampled_from(["", "\x00", "\n", "%00", '"', "é", "\\", " "]))
def test_a_key_is_found_in_any_text(key: str, before: str, behind: str) -> None:
    for secret in (key, FORMER):
        for text in (before + secret + behind, quote(f"{before} {secret}{behind}"), repr(f"{before}{secret}{behind}")):
            assert secret[len(PREFIX) :] not in IN_TEXT.sub("", text)


@given(keys, st.integers(16, 40))
def test_a_key_that_was_cut_is_found_too(key: str, length: int) -> None:
    assert IN_TEXT.search(key[:length])


@given(keys)
def test_what_people_see_of_a_key_leaves_the_rest_to_guess(key: str) -> None:
    assert key.startswith(hint(key))
    assert len(ALPHABET) ** (len(PREFIX) + RANDOM - len(hint(key))) > 2**128


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("activity", (Scope.ACTIVITY,)),
        (" Read , PAYMENTS ", (Scope.PAYMENTS, Scope.READ)),
        ("payments,payments", (Scope.PAYMENTS,)),
        ("read,payments,activity", ALL),
    ],
)
def test_scopes_are_read_in_any_order(text: str, scopes: tuple[Scope, ...]) -> None:
    assert read_scopes(text) == scopes


@pytest.mark.parametrize(
    "text", ["", ",", "all", "payments,", "payments read", "payments;read", "write", "réad", "\x00"]
)
def test_an_unknown_scope_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(BotError, match="activity,payments,read"):
        read_scopes(text)


@pytest.mark.parametrize(
    ("text", "end_ms"),
    [
        ("never", None),
        (" Never ", None),
        ("90d", NOW_MS + 90 * DAY_MS),
        ("1h30m", NOW_MS + 5_400_000),
        ("2 weeks", NOW_MS + 14 * DAY_MS),
        ("366d", NOW_MS + 366 * DAY_MS),
        (f"{MOST_DAYS}d", NOW_MS + MOST_DAYS * DAY_MS),
        ("2026-11-30", 1_796_083_200_000),
        ("2027-03-31", 1_806_537_600_000),
        ("2026-12-01T00:00:00Z", 1_796_083_200_000),
        ("2026-11-30T21:00:00-03:00", 1_796_083_200_000),
    ],
)
def test_an_end_is_read_as_people_write_it(text: str, end_ms: int | None) -> None:
    assert read_end(text, NOW_MS) == end_ms


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "90",
        "d",
        "-90d",
        "2027-02-30",
        "31/03/2027",
        "2027-3-1",
        "٩٠d",
        "0000-01-01",
        "2027-03-31T10:00",
        "1e3d",
        "now",
    ],
)
def test_an_end_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(BotError, match="such as 90d"):
        read_end(text, NOW_MS)


@pytest.mark.parametrize(
    "text",
    ["2026-11-29", "0s", "2026-11-30T12:30:00Z", "2036-12-31", "9999-12-31", f"{MOST_DAYS + 1}d", f"{10**20}d"],
)
def test_an_end_in_the_past_or_too_far_is_refused(text: str) -> None:
    with pytest.raises(BotError, match=f"within {MOST_DAYS} days"):
        read_end(text, NOW_MS)


@given(st.text(max_size=60), st.integers(NOW_MS, NOW_MS + 10**12))
def test_whatever_is_written_an_end_is_ahead_or_refused(text: str, now_ms: int) -> None:
    try:
        end_ms = read_end(text, now_ms)
    except BotError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either end is right
    else:
        assert end_ms is None or now_ms < end_ms <= now_ms + MOST_DAYS * DAY_MS
