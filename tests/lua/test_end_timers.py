"""Taking chats out, whatever they were waiting for."""

from storage.redis.timer_values import Interrupted
from storage.redis.timers import BATCH
from tests.lua.conftest import BOT, LEASE_MS, Bench


async def test_a_chat_that_is_taken_out_leaves_no_trace(bench: Bench) -> None:
    await bench.arm(1, 2, 3)
    assert await bench.timers.end(BOT, [1, 3, 4]) == ()
    assert await bench.client.zrange(bench.keys.timers, 0, -1) == ["2"]
    assert await bench.client.hkeys(bench.keys.state) == ["2"]


async def test_an_interrupted_episode_is_returned_once(bench: Bench) -> None:
    await bench.hold(1)
    await bench.settle(1, bench.now_ms, opaque="1 cursor")
    assert await bench.timers.end(BOT, [1, 1]) == (Interrupted(1, on_wire=False, opaque="1 cursor"),)
    assert await bench.timers.end(BOT, [1]) == ()


async def test_what_was_on_the_wire_is_returned_as_such(bench: Bench) -> None:
    held = await bench.hold(1)
    await bench.settle(1, bench.now_ms)
    await bench.timers.pass_(BOT, [held.last_look])
    assert await bench.timers.end(BOT, [1]) == (Interrupted(1, on_wire=True, opaque="1next"),)


async def test_a_lease_does_not_protect_from_the_end(bench: Bench) -> None:
    await bench.hold(1)
    await bench.timers.end(BOT, [1])
    await bench.pass_time(LEASE_MS)
    assert (await bench.claim()).timers == ()


async def test_one_call_takes_a_whole_batch(bench: Bench) -> None:
    await bench.arm(*range(BATCH))
    await bench.timers.end(BOT, range(BATCH))
    assert await bench.client.exists(bench.keys.timers, bench.keys.state) == 0
