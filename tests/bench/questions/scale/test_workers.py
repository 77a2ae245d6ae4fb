"""Processes that claim and touch side by side, on a few chats."""

from bench.questions.scale.armed import bot_ids
from bench.questions.scale.herd import drain


async def test_a_herd_drains_while_chats_are_touched(redis_url: str) -> None:
    herd = await drain(redis_url, bot_ids(0, 3), 1_800)
    assert (herd.chats, herd.fired) == (1_800, 1_800)
    assert herd.touched > 0 < herd.touch_p99_ms
