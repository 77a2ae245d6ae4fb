"""What two looks at a webhook tell, and what they do not."""

import pytest

from engine.core.watermark import Look, confirmed_upto

BEFORE = Look(1_000_000, pending=3, came=10)


def now(pending: int = 1, came: int = 10, last_error_s: int | None = None) -> Look:
    return Look(1_003_000, pending, came, last_error_s)


def test_a_first_look_tells_nothing() -> None:
    assert confirmed_upto(None, now(pending=0)) is None


def test_nothing_pending_confirms_the_time_of_the_look_before() -> None:
    assert confirmed_upto(BEFORE, now(pending=0)) == BEFORE.at_ms


@pytest.mark.parametrize(("came", "confirmed"), [(12, None), (13, 1_000_000), (20, 1_000_000)])
def test_as_many_as_were_pending_must_have_come(came: int, confirmed: int | None) -> None:
    assert confirmed_upto(BEFORE, now(came=came)) == confirmed


@pytest.mark.parametrize(
    ("before_s", "now_s", "confirmed"),
    [
        (None, None, 1_000_000),
        (900, 900, 1_000_000),
        (900, 1_001, None),
        (None, 1_001, None),
        (None, 900, None),
        (1_000, 1_000, None),
        (999, 999, None),
        (997, 997, 1_000_000),
    ],
)
def test_a_failure_since_the_look_before_or_near_it_tells_nothing(
    before_s: int | None, now_s: int | None, confirmed: int | None
) -> None:
    assert confirmed_upto(BEFORE._replace(last_error_s=before_s), now(came=13, last_error_s=now_s)) == confirmed


def test_a_count_that_was_lost_with_redis_tells_nothing() -> None:
    assert confirmed_upto(BEFORE, now(came=0)) is None
