"""Putting chats back from PostgreSQL: a chat that is here and was seen as late knows better."""

import pytest

from storage.redis.timer_values import Fence, Interrupted, Lost, NextTimer, Restored, Sign
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, Bench


def lost(seen_ms: int, due_ms: int = START_MS, *, on_wire: bool = False, opaque: str = "1c") -> Lost:
    return Lost(1, seen_ms, due_ms, on_wire, opaque)


@pytest.mark.parametrize("on_wire", [False, True])
async def test_an_absent_chat_is_restored_whole(bench: Bench, *, on_wire: bool) -> None:
    chat = lost(START_MS - 5_000, START_MS, on_wire=on_wire, opaque="1 cursor")
    assert await bench.timers.restore(BOT, [chat]) == [Restored.RESTORED]
    held = await bench.claim_one()
    assert (held.seen_ms, held.due_ms, held.marked, held.opaque) == (chat.seen_ms, chat.due_ms, on_wire, "1 cursor")


@pytest.mark.parametrize("earlier_ms", [0, 1])
async def test_a_chat_that_was_seen_as_late_or_later_is_kept(bench: Bench, earlier_ms: int) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    chat = lost(START_MS - earlier_ms, START_MS - 1, opaque="")
    assert await bench.timers.restore(BOT, [chat]) == [Restored.KEPT]
    assert await bench.look(1) == before


async def test_a_chat_that_was_seen_later_is_kept_whatever_the_episode(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    assert await bench.timers.restore(BOT, [lost(START_MS - 1)]) == [Restored.KEPT]
    assert await bench.look(1) == before


async def test_a_repeated_touch_gives_way_to_the_episode_of_its_silence(bench: Bench) -> None:
    bench.now_ms += 999
    await bench.arm(1)
    chat = lost(START_MS, START_MS, on_wire=True)
    assert await bench.timers.restore(BOT, [chat]) == [Restored.RESTORED]
    held = await bench.claim_one()
    assert (held.seen_ms, held.marked, held.opaque) == (START_MS + 999, True, "1c")


async def test_an_episode_in_progress_is_not_overwritten(bench: Bench) -> None:
    held = await bench.hold(1)
    await bench.timers.settle(BOT, [NextTimer(1, held.version, START_MS, opaque="1d")])
    before = await bench.look(1)
    assert await bench.timers.restore(BOT, [lost(held.seen_ms)]) == [Restored.KEPT]
    assert await bench.look(1) == before


@pytest.mark.parametrize("due_ms", [START_MS + 5, START_MS + 9 * MINUTE_MS])
@pytest.mark.parametrize("later_ms", [1, 1_000])
async def test_a_chat_that_was_seen_earlier_is_replaced_whatever_the_scores(
    bench: Bench, due_ms: int, later_ms: int
) -> None:
    bench.now_ms += 10_000
    await bench.arm(1, seen_ms=START_MS)
    assert await bench.timers.restore(BOT, [lost(START_MS + later_ms, due_ms)]) == [Restored.RESTORED]
    assert await bench.score(1) == due_ms


async def test_a_restored_chat_is_held_by_nobody(bench: Bench) -> None:
    held = await bench.hold(1)
    bench.now_ms -= MINUTE_MS
    await bench.timers.restore(BOT, [lost(held.seen_ms + 1)])
    assert await bench.version(1) > held.version
    assert await bench.timers.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_restoring_twice_is_restoring_once(bench: Bench) -> None:
    await bench.timers.restore(BOT, [lost(START_MS - 5_000)])
    before = await bench.look(1)
    assert await bench.timers.restore(BOT, [lost(START_MS - 5_000)]) == [Restored.KEPT]
    assert await bench.look(1) == before


async def test_a_lost_mark_is_put_back_and_one_that_is_there_stays(bench: Bench) -> None:
    await bench.timers.restore(BOT, [lost(START_MS - 5_000)])
    on_wire = lost(START_MS - 5_000)._replace(on_wire=True)
    assert await bench.timers.restore(BOT, [on_wire]) == [Restored.RESTORED]
    assert await bench.timers.restore(BOT, [lost(START_MS - 5_000)]) == [Restored.KEPT]
    assert (await bench.claim_one()).marked


async def test_codes_come_in_the_order_of_the_chats(bench: Bench) -> None:
    await bench.arm(2)
    chats = [Lost(chat, START_MS - 1, START_MS, on_wire=False, opaque="") for chat in (1, 2, 3)]
    codes = await bench.timers.restore(BOT, chats)
    assert codes == [Restored.RESTORED, Restored.KEPT, Restored.RESTORED]


async def test_a_touch_after_a_restore_interrupts_what_was_restored(bench: Bench) -> None:
    await bench.timers.restore(BOT, [lost(START_MS - 5_000)])
    touched = await bench.timers.touch(BOT, [Sign(1, 0)], MINUTE_MS)
    assert touched.interrupted == (Interrupted(1, on_wire=False, opaque="1c"),)
