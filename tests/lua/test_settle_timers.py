"""What happens next to a chat is set by its holder alone, and may be set again."""

import pytest

from storage.redis.chat_states import State
from storage.redis.keys import URGENCY_MS
from storage.redis.timer_values import Fence, Held, NextTimer
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, Bench


@pytest.fixture
async def held(bench: Bench) -> Held:
    return await bench.hold(1)


async def test_settling_moves_the_timer_and_keeps_version_and_last_seen(bench: Bench, held: Held) -> None:
    plan = NextTimer(1, held.version, bench.now_ms + 500, opaque="1next")
    assert await bench.timers.settle(BOT, [plan]) == [Fence.CURRENT]
    state = State(held.version, held.seen_ms, plan.due_ms, marked=False, opaque="1next")
    assert await bench.look(1) == (state, plan.due_ms)


async def test_an_urgent_timer_comes_before_all_others(bench: Bench, held: Held) -> None:
    plan = NextTimer(1, held.version, bench.now_ms + 500, urgent=True, opaque="1next")
    await bench.timers.settle(BOT, [plan])
    assert await bench.score(1) == plan.due_ms - URGENCY_MS
    await bench.pass_time(500)
    assert (await bench.claim_one()).due_ms == plan.due_ms


async def test_settling_takes_the_mark_away(bench: Bench, held: Held) -> None:
    await bench.timers.pass_(BOT, [held.last_look])
    await bench.settle(1, bench.now_ms)
    assert not (await bench.claim_one()).marked


async def test_settling_twice_is_settling_once(bench: Bench, held: Held) -> None:
    plan = NextTimer(1, held.version, bench.now_ms + 500, opaque="1next")
    await bench.timers.settle(BOT, [plan])
    before = await bench.look(1)
    assert await bench.timers.settle(BOT, [plan]) == [Fence.CURRENT]
    assert await bench.look(1) == before


async def test_settling_with_nothing_to_come_removes_the_chat(bench: Bench, held: Held) -> None:
    assert await bench.timers.settle(BOT, [NextTimer(1, held.version, -1)]) == [Fence.CURRENT]
    assert await bench.look(1) == (None, None)
    assert await bench.timers.settle(BOT, [NextTimer(1, held.version, -1)]) == [Fence.STALE]


async def test_a_stale_settling_does_not_overwrite_a_touch(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    plans = [NextTimer(1, held.version, -1), NextTimer(1, held.version, bench.now_ms, opaque="1old")]
    assert await bench.timers.settle(BOT, plans) == [Fence.STALE, Fence.STALE]
    assert await bench.look(1) == before


async def test_a_slow_poller_does_not_overwrite_the_next_one(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS)
    await bench.claim_one()
    before = await bench.look(1)
    assert await bench.timers.settle(BOT, [NextTimer(1, held.version, bench.now_ms + MINUTE_MS)]) == [Fence.STALE]
    assert await bench.look(1) == before


async def test_a_version_from_a_server_that_lost_its_last_writes_settles_nothing(bench: Bench, held: Held) -> None:
    """After a failover the state may be older than what a poller holds: versions are compared for equality."""
    before = await bench.look(1)
    plans = [NextTimer(1, held.version + 1, -1), NextTimer(1, held.version + 1, bench.now_ms)]
    assert await bench.timers.settle(BOT, plans) == [Fence.STALE, Fence.STALE]
    assert await bench.look(1) == before


async def test_an_ended_chat_is_not_revived(bench: Bench, held: Held) -> None:
    await bench.timers.end(BOT, [1])
    assert await bench.timers.settle(BOT, [NextTimer(1, held.version, bench.now_ms)]) == [Fence.STALE]
    assert await bench.look(1) == (None, None)


async def test_one_call_removes_moves_and_refuses_each_on_its_own(bench: Bench) -> None:
    await bench.arm(1, 2, 3)
    await bench.pass_time(MINUTE_MS)
    version = {row.chat_id: row.version for row in (await bench.claim()).timers}
    plans = [NextTimer(1, version[1], -1), NextTimer(2, version[2] - 1, -1), NextTimer(3, version[3], bench.now_ms + 9)]
    assert await bench.timers.settle(BOT, plans) == [Fence.CURRENT, Fence.STALE, Fence.CURRENT]
    assert await bench.look(1) == (None, None)
    assert await bench.version(2) == version[2]
    assert await bench.score(3) == bench.now_ms + 9


async def test_the_opaque_part_is_returned_unchanged(bench: Bench) -> None:
    await bench.hold(1)
    opaque = "1 with  spaces, 'quotes', ção, %d and {braces} "
    await bench.settle(1, bench.now_ms, opaque=opaque)
    assert (await bench.claim_one()).opaque == opaque
