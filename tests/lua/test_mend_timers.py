"""Half of a chat is mended: a state without a timer, and a timer without a state."""

import pytest

from storage.redis.timer_values import NextTimer
from storage.redis.timers import BATCH
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, Bench


@pytest.mark.parametrize("opaque", ["", "1cursor"])
@pytest.mark.parametrize("passed", [False, True])
async def test_a_state_without_a_timer_is_armed_for_its_due(bench: Bench, opaque: str, *, passed: bool) -> None:
    held = await bench.hold(1)
    due_ms = bench.now_ms + 5_000
    await bench.timers.settle(BOT, [NextTimer(1, held.version, due_ms, opaque=opaque)])
    if passed:
        await bench.timers.pass_(BOT, [await bench.last_look(1)])
    before = await bench.state(1)
    await bench.client.zrem(bench.keys.timers, "1")
    assert await bench.timers.mend_states(BOT, 0) == (0, 1)
    assert await bench.look(1) == (before, due_ms)


async def test_a_timer_without_a_state_is_taken_out(bench: Bench) -> None:
    await bench.arm(1, 2)
    await bench.client.hdel(bench.keys.state, "1")
    assert await bench.timers.mend_members(BOT, 0) == (0, 1)
    assert await bench.look(1) == (None, None)
    assert await bench.score(2) == START_MS + MINUTE_MS


async def test_whole_chats_stay_as_they_are(bench: Bench) -> None:
    await bench.hold(2)
    await bench.arm(1)
    before = [await bench.look(chat) for chat in (1, 2)]
    assert (await bench.timers.mend_states(BOT, 0))[1] == (await bench.timers.mend_members(BOT, 0))[1] == 0
    assert [await bench.look(chat) for chat in (1, 2)] == before


async def test_a_walk_comes_to_every_chat_page_by_page(bench: Bench) -> None:
    await bench.arm(*range(BATCH))
    await bench.arm(BATCH)
    await bench.client.hdel(bench.keys.state, "99")  # the last of them, as they are all due at once
    assert await bench.timers.mend_members(BOT, 0) == (BATCH, 0)
    assert await bench.timers.mend_members(BOT, BATCH) == (0, 1)


async def test_a_bot_without_chats_has_nothing_to_mend(bench: Bench) -> None:
    assert await bench.timers.mend_states(BOT, 0) == (0, 0)
    assert await bench.timers.mend_members(BOT, 0) == (0, 0)
