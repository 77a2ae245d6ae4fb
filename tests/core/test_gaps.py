"""Gaps in the numbers of updates: a taken one shows, and repeated deliveries and pending ones do not."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.watermark import WebhookLook, has_gap

FLOORS = st.integers(1, 10**9)


@given(FLOORS, st.integers(0, 50), st.integers(1, 50))
def test_a_poll_that_goes_on_or_repeats_has_no_gap(floor: int, repeated: int, count: int) -> None:
    first = max(1, floor + 1 - repeated)
    assert not has_gap(floor, range(first, first + count))


@given(FLOORS, st.integers(2, 50), st.data())
def test_a_poll_in_which_one_is_missing_has_a_gap(floor: int, count: int, data: st.DataObject) -> None:
    numbers = list(range(floor + 1, floor + 1 + count))
    del numbers[data.draw(st.integers(0, count - 2))]
    assert has_gap(floor, numbers)


@given(FLOORS, st.sets(st.integers(1, 60), max_size=60), st.sets(st.integers(1, 60), max_size=20), st.data())
def test_a_look_shows_a_loss_only_if_something_was_taken(
    floor: int, given_out: set[int], taken: set[int], data: st.DataObject
) -> None:
    """Of those given out some came, some wait, and some were taken by another program."""
    out = range(1, max(given_out, default=0) + 1)
    left = [one for one in out if one not in taken]
    came = {one for one in left if data.draw(st.booleans())}
    pending = len(left) - len(came)
    run = next(one for one in range(1, 100) if one not in came) - 1
    highest = floor + max(came, default=0)
    look = WebhookLook(0, pending, floor + run, sum(one > run for one in came), highest)
    lost_below = [one for one in out if one in taken and floor + one < highest]
    if look.lost:
        assert lost_below
    if lost_below and not pending:
        assert look.lost
