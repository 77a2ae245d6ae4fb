"""Taking chats out, and putting them back from PostgreSQL."""

from storage.timers import Interrupted, Lost, Next, Restored, Sign
from tests.lua.conftest import BOT, MINUTE_MS, START_MS, Bench


async def test_an_end_takes_the_chat_out_and_tells_what_it_interrupted(bench: Bench) -> None:
    await bench.arm(1, 2)
    await bench.pass_time(MINUTE_MS)
    for held in (await bench.claim()).timers:
        await bench.timers.settle(BOT, [Next(held.chat_id, held.version, bench.now_ms, opaque=f"1c{held.chat_id}")])
    await bench.arm(2)
    assert await bench.timers.end(BOT, [1, 2, 3]) == (Interrupted(1, on_wire=False, opaque="1c1"),)
    assert await bench.client.zcard(bench.keys.timers) == 0
    assert await bench.client.hlen(bench.keys.state) == 0


async def test_an_absent_chat_is_restored_whole(bench: Bench) -> None:
    lost = Lost(1, START_MS - 5_000, START_MS, on_wire=True, opaque="1c")
    assert await bench.timers.restore(BOT, [lost]) == [Restored.RESTORED]
    held = await bench.claim_one()
    assert (held.seen_ms, held.due_ms, held.marked, held.opaque) == (lost.seen_ms, lost.due_ms, True, "1c")


async def test_who_was_seen_since_is_not_restored(bench: Bench) -> None:
    await bench.arm(1)
    before = await bench.state(1), await bench.score(1)
    lost = Lost(1, START_MS - 1, START_MS + 9 * MINUTE_MS, on_wire=False, opaque="1old")
    assert await bench.timers.restore(BOT, [lost]) == [Restored.KEPT]
    assert (await bench.state(1), await bench.score(1)) == before


async def test_who_was_seen_earlier_gives_way_whatever_the_scores(bench: Bench) -> None:
    await bench.arm(1, seen_ms=START_MS - 10_000)
    version = await bench.version(1)
    await bench.timers.restore(BOT, [Lost(1, START_MS, START_MS + 5, on_wire=False, opaque="1new")])
    assert await bench.score(1) == START_MS + 5
    assert await bench.version(1) > version


async def test_a_touch_after_a_restore_interrupts_what_was_restored(bench: Bench) -> None:
    await bench.timers.restore(BOT, [Lost(1, START_MS - 5_000, START_MS, on_wire=False, opaque="1c")])
    touched = await bench.timers.touch(BOT, [Sign(1, 0)], MINUTE_MS)
    assert touched.interrupted == (Interrupted(1, on_wire=False, opaque="1c"),)
