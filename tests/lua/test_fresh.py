"""A timer that has just fallen due does not wait for the end of a herd, and takes no more than its share."""

from collections.abc import AsyncIterator

import pytest

from engine.core.delivery.rate_limit import Share
from storage.redis.client import open_redis
from storage.redis.timer_values import NextTimer
from storage.redis.timers import BATCH, FEED_SLACK_MS
from tests.lua.conftest import BOT, MINUTE_MS, Bench

HERD = 100_000
NEWCOMER = HERD + 1
FRESH_MS = 30_000
PACE = 25


async def fall_due(bench: Bench, *chats: int) -> None:
    """They fall due one after the other, a second apart, the first one longest ago."""
    for chat in chats:
        await bench.arm(chat)
        await bench.pass_time(1_000)
    await bench.pass_time(MINUTE_MS - 1_000)


async def chats(bench: Bench, limit: int, fresh: int) -> list[int]:
    return [held.chat_id for held in (await bench.claim(limit, fresh=fresh)).timers]


async def test_the_freshest_come_first_then_the_longest_due(bench: Bench) -> None:
    await fall_due(bench, 1, 2, 3, 4, 5)
    assert await chats(bench, 4, fresh=2) == [5, 4, 1, 2]
    assert await chats(bench, 4, fresh=2) == [3]


async def test_fresh_timers_come_before_urgent_ones_but_take_no_more_than_their_share(bench: Bench) -> None:
    await fall_due(bench, 1, 2, 3)
    for held in (await bench.claim()).timers:
        await bench.timers.settle(BOT, [NextTimer(held.chat_id, held.version, held.due_ms, urgent=True, opaque="1c")])
    await fall_due(bench, 4, 5)
    assert await chats(bench, 3, fresh=1) == [5, 1, 2]


async def test_what_fell_due_longer_ago_is_no_longer_fresh(bench: Bench) -> None:
    await fall_due(bench, 1, 2)
    await bench.pass_time(FRESH_MS - 1_001)
    assert await chats(bench, 1, fresh=1) == [2]
    await bench.arm(3)
    await bench.pass_time(MINUTE_MS)
    await bench.settle(2, bench.now_ms - FRESH_MS)
    await bench.settle(3, bench.now_ms + 1)
    assert await chats(bench, 1, fresh=1) == [1]


async def test_a_share_above_the_limit_is_the_limit(bench: Bench) -> None:
    await fall_due(bench, 1, 2, 3)
    assert await chats(bench, 2, fresh=9) == [3, 2]


async def test_a_dead_feed_makes_nothing_fresh(bench: Bench) -> None:
    await bench.arm(1)
    bench.now_ms += MINUTE_MS - FEED_SLACK_MS - 1
    await bench.confirm()
    bench.now_ms += FEED_SLACK_MS + 1
    assert await chats(bench, 1, fresh=1) == []


async def test_a_feed_that_never_was_confirmed_makes_nothing_fresh_either(bench: Bench) -> None:
    await fall_due(bench, 1)
    await bench.client.hdel(bench.keys.bot, "watermark")
    assert await chats(bench, 1, fresh=1) == []


@pytest.fixture
async def herd(redis_url: str) -> AsyncIterator[Bench]:
    """A hundred thousand chats, due in the same moment."""
    client = open_redis(redis_url)
    bench = Bench(client)
    await bench.make_whole()
    for start in range(1, HERD + 1, BATCH):
        await bench.arm(*range(start, min(start + BATCH, HERD + 1)))
    await bench.pass_time(MINUTE_MS)
    yield bench
    await client.aclose()


@pytest.mark.parametrize("later_ms", [1_000, MINUTE_MS])
@pytest.mark.parametrize("urgent", [False, True], ids=["first reminders", "further blocks"])
async def test_in_the_middle_of_a_herd_a_first_reminder_is_claimed_within_its_share(
    herd: Bench, later_ms: int, *, urgent: bool
) -> None:
    if urgent:
        await herd_goes_on(herd)
    await herd.arm(NEWCOMER, threshold_ms=later_ms)
    await herd.pass_time(later_ms)
    share, claimed = Share(), list[int]()
    while NEWCOMER not in claimed:
        claimed += await chats(herd, 1, share.of(1))
    assert len(claimed) <= PACE, "a second of its pace"
    assert len(set(claimed)) == len(claimed)


async def herd_goes_on(herd: Bench) -> None:
    """Many of the herd have begun, and each has a further block that is due."""
    for held in (await herd.claim(limit=BATCH)).timers:
        await herd.timers.settle(BOT, [NextTimer(held.chat_id, held.version, held.due_ms, urgent=True, opaque="1c")])


async def test_a_whole_herd_is_claimed_and_nobody_twice(herd: Bench) -> None:
    claimed: list[int] = []
    for _ in range(HERD // BATCH + 1):
        claimed += await chats(herd, BATCH, BATCH // 4)
    assert sorted(claimed) == list(range(1, HERD + 1))
