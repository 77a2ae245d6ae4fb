"""The right to act on a due timer: for one, for a while, and never ahead of the feed."""

import pytest

from storage.redis import bot_state
from storage.redis.client import open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import ClaimCode, NextTimer
from storage.redis.timers import BATCH, FEED_SLACK_MS, FEED_STALE_MS
from tests.lua.conftest import BOT, LEASE_MS, MINUTE_MS, Bench


async def test_what_is_due_is_claimed_under_a_new_version_and_keeps_its_due(bench: Bench) -> None:
    await bench.arm(1)
    version, due = await bench.version(1), bench.now_ms + MINUTE_MS
    await bench.pass_time(MINUTE_MS)
    held = await bench.claim_one()
    assert held.version > version
    assert (held.due_ms, held.marked, held.opaque) == (due, False, "")


async def test_what_is_not_due_is_left_alone(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS - 1)
    assert (await bench.claim()).timers == ()


async def test_a_lease_hides_a_chat_until_it_lapses(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    first = await bench.claim_one()
    await bench.pass_time(LEASE_MS - 1)
    assert (await bench.claim()).timers == ()
    await bench.pass_time(1)
    again = await bench.claim_one()
    assert again.version > first.version
    assert again.due_ms == first.due_ms


async def test_a_mark_outlives_the_claim_that_set_it(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    await bench.claim_one()
    await bench.timers.pass_(BOT, [await bench.last_look(1)])
    await bench.pass_time(LEASE_MS)
    assert (await bench.claim_one()).marked
    await bench.pass_time(LEASE_MS)
    assert (await bench.claim_one()).marked


async def test_timers_that_may_be_lost_are_not_claimed(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    await bench.client.hdel(bench.keys.bot, "generation")
    claimed = await bench.claim()
    assert (claimed.code, claimed.timers) == (ClaimCode.LOST, ())


async def test_timers_of_another_run_of_the_server_are_lost(redis_url: str) -> None:
    client = open_redis(redis_url)
    bench = Bench(client)
    await bench.arm(1)
    codes = []
    for run in ("another", await run_of(client)):
        await bot_state.set_generation(client, BOT, 1, run)
        codes.append((await bench.claim()).code)
    await client.aclose()
    assert codes == [ClaimCode.LOST, ClaimCode.CLAIMED]


async def test_an_older_epoch_is_fenced(bench: Bench) -> None:
    await bench.claim(epoch=2)
    assert (await bench.claim(epoch=1)).code is ClaimCode.FENCED
    assert (await bench.claim(epoch=2)).code is ClaimCode.CLAIMED


async def test_a_fenced_poller_learns_it_even_while_the_bot_is_held(bench: Bench) -> None:
    await bench.claim(epoch=2)
    await bench.client.hset(bench.keys.bot, "held", str(bench.now_ms + 1))
    assert (await bench.claim(epoch=1)).code is ClaimCode.FENCED


async def test_a_higher_epoch_is_written_down(bench: Bench) -> None:
    for epoch in (9, 10, 10):
        assert (await bench.claim(epoch=epoch)).code is ClaimCode.CLAIMED
        assert await bench.client.hget(bench.keys.bot, "epoch") == str(epoch)


@pytest.mark.parametrize("field", ["generation", "epoch", "held"])
async def test_a_refused_claim_touches_no_timer(bench: Bench, field: str) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    before = await bench.look(1)
    if field == "generation":
        await bench.client.hdel(bench.keys.bot, field)
    else:
        await bench.client.hset(bench.keys.bot, field, str(bench.now_ms * 2))
    assert (await bench.claim()).code is not ClaimCode.CLAIMED
    assert await bench.look(1) == before


async def test_a_held_bot_says_until_when(bench: Bench) -> None:
    until = bench.now_ms + 1
    await bench.client.hset(bench.keys.bot, "held", str(until))
    claimed = await bench.claim()
    assert (claimed.code, claimed.nearest_due_ms) == (ClaimCode.HELD, until)
    bench.now_ms = until
    assert (await bench.claim()).code is ClaimCode.CLAIMED


async def test_nothing_later_than_the_watermark_and_its_slack_is_claimed(bench: Bench) -> None:
    await bench.arm(1)
    bench.now_ms += MINUTE_MS - FEED_SLACK_MS - 1
    await bench.confirm()
    bench.now_ms += FEED_STALE_MS
    assert (await bench.claim()).timers == ()
    bench.now_ms -= FEED_STALE_MS - 1
    await bench.confirm()
    bench.now_ms += FEED_STALE_MS
    assert [held.chat_id for held in (await bench.claim()).timers] == [1]


async def test_a_dead_feed_soon_holds_what_fell_due_before_it_died(bench: Bench) -> None:
    """A whole herd may wait for its turn then, and nobody hears those of it who write meanwhile."""
    await bench.arm(*range(8))
    await bench.pass_time(MINUTE_MS)
    for chat in (0, 1):
        await bench.settle(chat, bench.now_ms, urgent=True)
    bench.now_ms += FEED_STALE_MS
    assert len((await bench.claim(limit=1, fresh=1)).timers) == 1
    bench.now_ms += 1
    held = await bench.claim(fresh=1)
    assert (held.code, held.timers) == (ClaimCode.CLAIMED, ())
    assert held.nearest_due_ms <= bench.now_ms, "the lane looks again and again"
    await bench.confirm()
    assert len((await bench.claim()).timers) == 7


async def test_a_feed_that_never_was_confirmed_holds_everything(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    await bench.client.hdel(bench.keys.bot, "watermark")
    assert (await bench.claim()).timers == ()


async def test_a_dead_feed_holds_further_blocks_too(bench: Bench) -> None:
    await bench.hold(1)
    await bench.settle(1, bench.now_ms + FEED_SLACK_MS + 1, urgent=True)
    bench.now_ms += MINUTE_MS
    assert (await bench.claim()).timers == ()


async def test_urgent_ones_come_first_and_the_limit_holds(bench: Bench) -> None:
    await bench.arm(1, 2, 3)
    await bench.pass_time(MINUTE_MS)
    held = {row.chat_id: row for row in (await bench.claim()).timers}
    for chat in (1, 2, 3):
        plan = NextTimer(chat, held[chat].version, bench.now_ms + chat, urgent=chat > 1, opaque="1c")
        await bench.timers.settle(BOT, [plan])
    await bench.pass_time(10)
    assert [row.chat_id for row in (await bench.claim(limit=2)).timers] == [2, 3]
    assert [row.chat_id for row in (await bench.claim(limit=2)).timers] == [1]


async def test_the_limit_counts_urgent_and_plain_ones_together(bench: Bench) -> None:
    await bench.arm(1, 2, 3)
    await bench.pass_time(MINUTE_MS)
    await bench.claim()
    for chat in (1, 2, 3):
        await bench.settle(chat, bench.now_ms, urgent=chat == 3)
    assert [row.chat_id for row in (await bench.claim(limit=2)).timers] == [3, 1]


async def test_the_longest_due_come_first(bench: Bench) -> None:
    for chat in (3, 1, 2):
        await bench.arm(chat)
        bench.now_ms += 10
    await bench.pass_time(MINUTE_MS)
    assert [row.chat_id for row in (await bench.claim(limit=2)).timers] == [3, 1]


async def test_no_claim_takes_more_than_a_batch(bench: Bench) -> None:
    await bench.arm(*range(BATCH))
    await bench.arm(BATCH)
    await bench.pass_time(MINUTE_MS)
    assert len((await bench.claim(limit=BATCH + 1)).timers) == BATCH
    assert len((await bench.claim(limit=BATCH + 1)).timers) == 1


async def test_a_claim_under_a_clock_that_steps_back_still_raises_the_version(bench: Bench) -> None:
    await bench.arm(1, threshold_ms=0)
    version = await bench.version(1)
    assert (await bench.claim_one()).version == version + 1
    await bench.settle(1, bench.now_ms - 9)
    bench.now_ms -= 5
    assert (await bench.claim_one()).version == version + 2


async def test_the_nearest_due_counts_leases(bench: Bench) -> None:
    await bench.arm(1)
    await bench.pass_time(MINUTE_MS)
    assert (await bench.claim()).nearest_due_ms == bench.now_ms + LEASE_MS


async def test_a_member_without_a_state_is_taken_out(bench: Bench) -> None:
    await bench.client.zadd(bench.keys.timers, {"9": 1})
    assert (await bench.claim()).timers == ()
    assert await bench.score(9) is None
