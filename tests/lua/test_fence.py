"""Pass, extend, settle: whoever acts shows the version it decided on, and a stale one changes nothing."""

import pytest

from storage.timers import Fence, Held, Next, Ticket
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, Bench


@pytest.fixture
async def held(bench: Bench) -> Held:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    return await bench.claim_one()


async def test_the_current_version_passes_and_marks_the_chat(bench: Bench, held: Held) -> None:
    tickets = [Ticket(1, held.version), Ticket(1, held.version - 1), Ticket(2, held.version)]
    assert await bench.timers.pass_(BOT, tickets) == [Fence.CURRENT, Fence.STALE, Fence.STALE]
    await bench.pass_time(LEASE_MS)
    assert (await bench.claim_one()).marked


async def test_after_a_touch_nothing_older_passes(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    assert await bench.timers.pass_(BOT, [Ticket(1, held.version)]) == [Fence.STALE]


async def test_after_another_claim_nothing_older_passes(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS)
    await bench.claim_one()
    assert await bench.timers.pass_(BOT, [Ticket(1, held.version)]) == [Fence.STALE]


async def test_a_held_lease_is_renewed(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS - 1)
    assert await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS) == [Fence.CURRENT]
    await bench.pass_time(LEASE_MS - 1)
    assert (await bench.claim()).timers == ()


async def test_a_lost_lease_is_not_taken_back(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    before = await bench.score(1)
    assert await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS) == [Fence.STALE]
    assert await bench.score(1) == before


async def test_an_ended_chat_is_not_revived(bench: Bench, held: Held) -> None:
    await bench.timers.end(BOT, [1])
    await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)
    await bench.timers.settle(BOT, [Next(1, held.version, bench.now_ms)])
    assert [await bench.score(1), await bench.state(1)] == [None, None]


async def test_settling_moves_the_timer_and_takes_the_mark_away(bench: Bench, held: Held) -> None:
    await bench.timers.pass_(BOT, [Ticket(1, held.version)])
    plan = Next(1, held.version, bench.now_ms + 500, urgent=True, opaque="1next")
    assert await bench.timers.settle(BOT, [plan]) == [Fence.CURRENT]
    await bench.pass_time(500)
    again = await bench.claim_one()
    assert (again.due_ms, again.marked, again.opaque, again.seen_ms) == (plan.due_ms, False, "1next", held.seen_ms)


async def test_settling_twice_is_settling_once(bench: Bench, held: Held) -> None:
    plan = Next(1, held.version, bench.now_ms + 500, opaque="1next")
    await bench.timers.settle(BOT, [plan])
    before = await bench.state(1), await bench.score(1)
    assert await bench.timers.settle(BOT, [plan]) == [Fence.CURRENT]
    assert (await bench.state(1), await bench.score(1)) == before


async def test_settling_with_nothing_to_come_removes_the_chat(bench: Bench, held: Held) -> None:
    await bench.timers.settle(BOT, [Next(1, held.version, -1)])
    assert [await bench.score(1), await bench.state(1)] == [None, None]


async def test_a_stale_settling_does_not_overwrite_a_touch(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    before = await bench.state(1), await bench.score(1)
    plans = [Next(1, held.version, -1), Next(1, held.version, bench.now_ms, opaque="1old")]
    assert await bench.timers.settle(BOT, plans) == [Fence.STALE, Fence.STALE]
    assert (await bench.state(1), await bench.score(1)) == before


async def test_the_opaque_part_comes_back_as_it_was_given(bench: Bench, held: Held) -> None:
    opaque = "1 with spaces, ção and {braces}"
    await bench.timers.settle(BOT, [Next(1, held.version, bench.now_ms, opaque=opaque)])
    assert (await bench.claim_one()).opaque == opaque
