"""A tap counts while its episode is open and for a while after; the first of a delivery is a sign of life."""

from hypothesis import given
from hypothesis import strategies as st

from engine.core.delivery.tap import COUNTS_AFTER_END_MS, TappedDelivery, counts, is_sign_of_life

_TIMES = st.integers(0, 2**42)


@given(_TIMES, st.booleans())
def test_a_tap_in_an_open_episode_counts_whenever_it_comes(now_ms: int, tapped: bool) -> None:  # noqa: FBT001 - drawn
    delivery = TappedDelivery(None, tapped)
    assert counts(delivery, now_ms)
    assert is_sign_of_life(delivery, now_ms) is not tapped


@given(_TIMES, st.integers(-5_000, COUNTS_AFTER_END_MS))
def test_a_tap_soon_after_the_end_counts_also_if_clocks_differ(ended_ms: int, later_ms: int) -> None:
    assert counts(TappedDelivery(ended_ms, tapped=False), ended_ms + later_ms)
    assert is_sign_of_life(TappedDelivery(ended_ms, tapped=False), ended_ms + later_ms)
    assert not is_sign_of_life(TappedDelivery(ended_ms, tapped=True), ended_ms + later_ms)


@given(_TIMES, st.integers(COUNTS_AFTER_END_MS + 1, 2**42), st.booleans())
def test_a_tap_long_after_the_end_is_nothing(ended_ms: int, later_ms: int, tapped: bool) -> None:  # noqa: FBT001 - drawn
    assert not counts(TappedDelivery(ended_ms, tapped), ended_ms + later_ms)
    assert not is_sign_of_life(TappedDelivery(ended_ms, tapped), ended_ms + later_ms)
