"""The renewal of a lease: for its holder only, and never an earlier deadline."""

import pytest

from storage.redis.timer_values import Fence, Held, Ticket
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, Bench


@pytest.fixture
async def held(bench: Bench) -> Held:
    return await bench.hold(1)


async def test_a_held_lease_is_renewed(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS - 1)
    assert await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS) == [Fence.CURRENT]
    await bench.pass_time(LEASE_MS - 1)
    assert (await bench.claim()).timers == ()
    await bench.pass_time(1)
    assert (await bench.claim_one()).due_ms == held.due_ms


async def test_a_renewal_leaves_version_mark_and_due_as_they_are(bench: Bench, held: Held) -> None:
    await bench.timers.pass_(BOT, [held.last_look])
    before = await bench.state(1)
    await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)
    assert await bench.state(1) == before


async def test_after_a_touch_the_old_holder_renews_nothing(bench: Bench, held: Held) -> None:
    await bench.arm(1)
    before = await bench.look(1)
    assert await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS) == [Fence.STALE]
    assert await bench.look(1) == before


async def test_a_lease_that_another_claim_took_is_not_taken_back(bench: Bench, held: Held) -> None:
    await bench.pass_time(LEASE_MS)
    other = await bench.claim_one()
    await bench.pass_time(1)
    before = await bench.look(1)
    fences = await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)
    assert (fences, await bench.look(1)) == ([Fence.STALE], before)
    assert await bench.timers.extend(BOT, [Ticket(1, other.version)], LEASE_MS) == [Fence.CURRENT]


async def test_a_version_from_a_server_that_lost_its_last_writes_renews_nothing(bench: Bench, held: Held) -> None:
    await bench.pass_time(1)
    before = await bench.look(1)
    assert await bench.timers.extend(BOT, [Ticket(1, held.version + 1)], LEASE_MS) == [Fence.STALE]
    assert await bench.look(1) == before


async def test_an_ended_chat_is_not_revived(bench: Bench, held: Held) -> None:
    await bench.timers.end(BOT, [1])
    assert await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS) == [Fence.STALE]
    assert await bench.look(1) == (None, None)


async def test_a_chat_without_a_timer_gets_none(bench: Bench, held: Held) -> None:
    await bench.client.zrem(bench.keys.timers, "1")
    await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)
    assert await bench.score(1) is None


@pytest.mark.parametrize("urgent", [False, True])
async def test_a_renewal_after_the_settling_brings_nothing_forward(bench: Bench, held: Held, *, urgent: bool) -> None:
    """Leases are renewed in one task and settled in another: either call may come first."""
    await bench.settle(1, bench.now_ms + MINUTE_MS, urgent=urgent)
    await bench.timers.extend(BOT, [Ticket(1, held.version)], LEASE_MS)
    await bench.pass_time(MINUTE_MS - 1)
    assert (await bench.claim()).timers == ()
    await bench.pass_time(1)
    assert (await bench.claim_one()).chat_id == 1


async def test_codes_come_in_the_order_of_the_tickets(bench: Bench, held: Held) -> None:
    tickets = [Ticket(2, 1), Ticket(1, held.version), Ticket(1, held.version - 1)]
    fences = await bench.timers.extend(BOT, tickets, LEASE_MS)
    assert fences == [Fence.STALE, Fence.CURRENT, Fence.STALE]
