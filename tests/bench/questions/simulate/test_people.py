"""The oracle about people: what they do, and what they are sent then. Every figure here was worked out by hand."""

import pytest

from bench.questions.simulate.campaign import DAY_MS, HOUR_MS, MINUTE_MS, After, Block, Hours, Limits
from bench.questions.simulate.story import Deed, Hold, Release
from tests.bench.questions.simulate.stories import BASE, DAY, HELLO, HOUR, OFFER, WHOLE, step, story, told, with_step

WRITE, PAY, RENEW, REFUND = Deed.WRITE, Deed.PAY, Deed.RENEW, Deed.REFUND
AGAIN = [(minute + 60, text) for minute, text in WHOLE[:3]] + [OFFER]


def test_a_silence_gets_every_step_and_then_is_over() -> None:
    assert told(story()) == WHOLE
    assert told(story(), "ended") == [(OFFER[0], "completed")]


@pytest.mark.parametrize(
    ("acts", "sent", "ended"),
    [
        ([(0, WRITE), (9, WRITE)], [(minute + 9, text) for minute, text in WHOLE[:3]] + [OFFER], "completed"),
        ([(0, WRITE), (10, WRITE)], [(minute + 10, text) for minute, text in WHOLE[:3]] + [OFFER], "completed"),
        ([(0, WRITE), (60, WRITE)], HELLO + AGAIN, "returned completed"),
        ([(0, WRITE), (5, PAY)], [], "paid"),
        ([(0, WRITE), (60, PAY)], HELLO, "paid paid"),
        ([(0, WRITE), (60, RENEW)], HELLO, "paid"),
        ([(0, WRITE), (60, RENEW), (70, REFUND)], HELLO, "paid"),
        ([(0, PAY), (5, REFUND)], WHOLE, "completed"),
        ([(0, WRITE), (60, Deed.BLOCK)], HELLO, "unreachable"),
        ([(0, WRITE), (5, Deed.BLOCK), (60, WRITE)], AGAIN, "completed"),
        ([(0, WRITE), (60, Deed.LEAVE)], HELLO, "unreachable"),
        ([(0, WRITE), (5, Deed.LEAVE), (60, WRITE)], AGAIN, "unreachable completed"),
        ([(0, WRITE), (60, Deed.OPT_OUT)], HELLO, "opted_out"),
        ([(0, WRITE), (5, Deed.OPT_OUT), (60, WRITE)], [], ""),
        ([(0, WRITE), (5, Deed.OPT_OUT), (60, Deed.UNDO)], AGAIN, "completed"),
    ],
)
def test_what_a_person_does_decides(acts: list[tuple[int, Deed]], sent: list[tuple[int, str]], ended: str) -> None:
    assert told(story(acts)) == sent
    assert [reason for _, reason in told(story(acts), "ended")] == ended.split()


def test_a_message_to_somebody_who_has_left_is_refused_once() -> None:
    assert told(story([(0, WRITE), (5, Deed.LEAVE)]), "refused") == HELLO[:1]


def test_customers_get_everything_where_nobody_skips_them() -> None:
    assert told(story([(0, PAY)], campaign=BASE._replace(skip_paid=False))) == WHOLE


@pytest.mark.parametrize(
    ("hours", "sent", "skipped"),
    [
        (Hours(HOUR, 3 * HOUR), 2, ""),
        (Hours(0, 11, outside="strict"), 1, ""),
        (Hours(0, 11, outside="drop"), 2, "window_closed window_closed"),
        (Hours(0, 3 * HOUR, outside="drop"), 3, "window_closed"),
        (Hours(9 * HOUR, 18 * HOUR, (3,), outside="drop"), 0, "window_closed window_closed window_closed"),
    ],
)
def test_hours_hold_back_or_drop_what_is_due_outside_of_them(hours: Hours, sent: int, skipped: str) -> None:
    """Of the first day and a half; a step that has begun goes on for a quarter of an hour, unless they are strict."""
    one = story(campaign=BASE._replace(hours=hours), days=1)
    whole = story(campaign=BASE._replace(hours=hours), days=3)
    assert len([minute for minute, _ in told(one) if minute < 4 * HOUR]) == sent
    assert [reason for _, reason in told(whole, "skipped")] == skipped.split()


def test_those_who_waited_for_the_opening_are_spread_over_half_an_hour() -> None:
    (minute, text), *_ = told(story(campaign=BASE._replace(hours=Hours(9 * HOUR, 18 * HOUR))))
    assert text == "hello/one/1"
    assert 9 * HOUR <= minute <= 9 * HOUR + 30


@pytest.mark.parametrize(
    ("limits", "lateness_ms", "sent", "skipped"),
    [
        (Limits(per_day=1), 6 * HOUR_MS, [*HELLO, OFFER], "cap"),
        (Limits(per_day=1), DAY_MS, [*HELLO, (DAY + 11, "later/one/3")], ""),
        (Limits(per_day=2), 6 * HOUR_MS, WHOLE, ""),
        (Limits(per_week=2), 6 * HOUR_MS, WHOLE[:3], "cap"),
    ],
)
def test_a_step_over_the_limit_waits_or_is_skipped(
    limits: Limits, lateness_ms: int, sent: list[tuple[int, str]], skipped: str
) -> None:
    one = story(campaign=BASE._replace(limits=limits, lateness_ms=lateness_ms), days=2)
    assert told(one) == sent
    assert [reason for _, reason in told(one, "skipped")] == skipped.split()


@pytest.mark.parametrize("limits", [Limits(again_after_ms=2 * HOUR_MS), Limits(per_month=1)])
def test_a_sequence_does_not_begin_again_too_soon_or_too_often(limits: Limits) -> None:
    one = story([(0, WRITE), (60, WRITE)], campaign=BASE._replace(limits=limits))
    assert told(one) == HELLO


def test_a_delay_within_a_step_counts_from_the_block_before() -> None:
    hello = step(BASE, "hello")._replace(blocks=(Block("one", 1, 5 * MINUTE_MS), Block("two", 2, 90_000)))
    assert told(story(campaign=with_step(BASE, hello)))[:2] == [(15, "hello/one/1"), (17, "hello/two/2")]


@pytest.mark.parametrize(
    ("hold", "sent", "skipped"),
    [
        ((5, 6 * HOUR + 10), [(6 * HOUR + 10, "hello/one/1"), (6 * HOUR + 11, "hello/two/2")], []),
        ((5, 6 * HOUR + 11), [(8 * HOUR + 11, "later/one/3")], [(6 * HOUR + 11, "late")]),
        ((60, 8 * HOUR + 12), [*HELLO], [(8 * HOUR + 12, "late")]),
    ],
)
def test_after_an_outage_what_is_not_too_late_goes_out_one_step_at_a_time(
    hold: tuple[int, int], sent: list[tuple[int, str]], skipped: list[tuple[int, str]]
) -> None:
    """`hello` is due at 10 minutes, `later` at 131: each may go out until 6 hours after that."""
    begins, ends = hold
    one = story(edits=[(begins, Hold()), (ends, Release())], days=1)
    assert told(one)[: len(sent)] == sent
    assert told(one, "skipped") == skipped


def test_a_sequence_that_would_have_been_over_for_two_days_ends() -> None:
    """Its last step, tomorrow at 09:30, would have gone out on Tuesday."""
    for ends, reason in ((3 * DAY + 9 * HOUR + 30, "completed"), (3 * DAY + 9 * HOUR + 31, "expired")):
        one = story(edits=[(60, Hold()), (ends, Release())], campaign=BASE._replace(lateness_ms=HOUR_MS))
        assert [why for _, why in told(one, "ended")] == [reason]


def test_a_first_step_is_as_late_as_its_own_hour() -> None:
    """Not as late as the silence, which was over three hours before."""
    hello = step(BASE, "hello")._replace(schedule=After(3 * HOUR_MS))
    one = story(campaign=with_step(BASE, hello), edits=[(5, Hold()), (8 * HOUR, Release())], days=1)
    assert told(one)[0] == (8 * HOUR, "hello/one/1")
