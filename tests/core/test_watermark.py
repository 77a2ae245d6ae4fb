"""What two looks at a webhook tell, and what they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.watermark import WebhookLook, confirmed_upto, seen_upto

BEFORE = WebhookLook(1_000_000, pending=3, floor=10, beyond=2)  # numbers up to 15 may have been given out


def now(pending: int = 1, floor: int = 10, beyond: int = 0) -> WebhookLook:
    return WebhookLook(1_003_000, pending, floor, beyond)


def test_a_first_look_tells_nothing() -> None:
    assert confirmed_upto(None, now(pending=0)) is None


def test_nothing_pending_confirms_the_time_of_the_look_before() -> None:
    assert confirmed_upto(BEFORE, now(pending=0)) == BEFORE.at_ms


@pytest.mark.parametrize(("floor", "confirmed"), [(10, None), (14, None), (15, 1_000_000), (20, 1_000_000)])
def test_none_may_be_missing_of_those_that_had_been_given_out(floor: int, confirmed: int | None) -> None:
    assert confirmed_upto(BEFORE, now(floor=floor)) == confirmed


def test_those_that_came_beyond_a_gap_prove_nothing() -> None:
    assert confirmed_upto(BEFORE, now(floor=11, beyond=1_000)) is None


def test_a_count_that_was_lost_or_never_was_tells_nothing() -> None:
    assert confirmed_upto(BEFORE, now(floor=-1)) is None
    assert confirmed_upto(BEFORE._replace(floor=-1), now(floor=99)) is None
    assert confirmed_upto(BEFORE._replace(floor=-1), now(pending=0, floor=-1)) == BEFORE.at_ms


@given(
    waited_s=st.floats(0, 120),
    answered_s=st.floats(0, 120),
    timeout_s=st.integers(0, 30),
    brings=st.booleans(),
)
def test_a_poll_never_counts_for_more_than_telegram_knew(
    waited_s: float, answered_s: float, timeout_s: int, *, brings: bool
) -> None:
    """Telegram writes an empty answer when the time-out is over, any other at any time before; it arrives whenever."""
    written_s = min(answered_s, timeout_s) if brings else timeout_s
    waited_s = max(waited_s, written_s)
    assert 0 <= seen_upto(0, timeout_s, waited_s, in_vain=not brings) <= written_s * 1000


def test_a_poll_that_waited_in_vain_has_seen_its_time_out_and_no_more() -> None:
    assert seen_upto(1_000, 3, 3.2, in_vain=True) == 4_000
    assert seen_upto(1_000, 3, 500.0, in_vain=True) == 4_000


def test_an_empty_answer_that_came_too_early_is_not_believed() -> None:
    assert seen_upto(1_000, 3, 2.9, in_vain=True) == 1_000
