"""Processes that claim and touch side by side, on a few chats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.questions.scale.armed import bot_ids
from bench.questions.scale.herd import drain
from bench.questions.scale.worker import waits_ms


async def test_a_herd_drains_while_chats_are_touched(redis_url: str) -> None:
    herd = await drain(redis_url, bot_ids(0, 3), 1_800)
    assert (herd.chats, herd.fired) == (1_800, 1_800)
    assert herd.touched > 0 < herd.touch_p99_ms


@given(stall_ms=st.integers(0, 500), before=st.integers(0, 20))
def test_a_stall_counts_for_every_touch_that_was_to_begin_in_it(stall_ms: int, before: int) -> None:
    """Each takes 1 ms and is to begin 5 ms after the one before it; one of them is held up."""
    over_ms: list[float] = []
    for number in range(before + 200):
        began_ms = max(5 * number, over_ms[-1] if over_ms else 0)
        over_ms.append(began_ms + 1 + (stall_ms if number == before else 0))
    waits = waits_ms([one / 1000 for one in over_ms], 0.005)
    assert waits[:before] == pytest.approx([1] * before)
    assert waits[before:] == pytest.approx([max(1, stall_ms + 1 - 4 * late) for late in range(200)])
