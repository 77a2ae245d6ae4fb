"""A poll confirms nothing later than what it has surely seen, whatever is late, stands still or was reset meanwhile."""

import asyncio
from collections.abc import Awaitable

import pytest

from engine.core.watermark import CLOCKS_APART_MS
from engine.receiver import polling_feed
from engine.receiver.polling_feed import LIMIT, Polled, PollingFeed, timeout_s
from storage.redis.client import Redis
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import Holding, Sign
from storage.redis.timers import Timers
from tests.receiver.lone_bot import BOT, OURS, Desk

LATE_MS = 50
"""Longer than anything else in these tests may take of the watermark by chance."""


async def passed(client: Redis, since_ms: int, ms: int = LATE_MS) -> None:
    while await server_now_ms(client) <= since_ms + ms:  # noqa: ASYNC110 - the clock tells nobody
        await asyncio.sleep(0.005)


async def arm(desk: Desk, threshold_ms: int) -> None:
    await Timers(desk.client).touch(BOT, [Sign(1, 0)], threshold_ms)


async def held_back(desk: Desk, turn: Awaitable[object]) -> int:
    """Let a turn go on until its answer stands at Telegram, and hold the answer back; returns when it stood."""
    desk.telegram.asked.clear()
    desk.telegram.go_on.clear()
    turning = asyncio.ensure_future(turn)
    await desk.telegram.asked.wait()
    stood_ms = await server_now_ms(desk.client)
    await passed(desk.client, stood_ms)
    desk.telegram.go_on.set()
    await turning
    return stood_ms


async def test_a_confirmation_that_redis_takes_late_confirms_no_more_for_it(desk: Desk) -> None:
    """A sign of life may have come since."""
    feed = desk.polling()
    await feed.run_once()
    await desk.client.client_pause(60_000, all=False)
    turn = asyncio.create_task(feed.run_once())
    while not int((await desk.client.info("clients"))["blocked_clients"]):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.001)
    blocked_ms = await server_now_ms(desk.client)
    await passed(desk.client, blocked_ms)
    await desk.client.client_unpause()
    await turn
    assert await desk.watermark() <= blocked_ms


@pytest.mark.parametrize("numbers", [(), (5,), (5, 6, 7)])
@pytest.mark.parametrize("armed", [False, True])
async def test_an_answer_that_was_long_on_its_way_confirms_what_telegram_knew(
    desk: Desk, numbers: tuple[int, ...], *, armed: bool
) -> None:
    """Whether the network or this process stood still; by the first poll, which waits for nothing, and later ones."""
    feed = desk.polling()
    for _ in range(3):
        desk.telegram.brings(*numbers)
        stood_ms = await held_back(desk, feed.run_once())
        assert await desk.watermark() <= stood_ms
        if armed:
            await arm(desk, 60_000)


async def test_a_poll_that_waited_in_vain_has_seen_its_whole_time_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling_feed, "SHORTEST_POLL_S", 1)
    await arm(desk, 2_500)
    feed = desk.polling()
    await feed.run_once()
    began_ms = await server_now_ms(desk.client)
    desk.telegram.asked.clear()
    desk.telegram.go_on.clear()
    turn = asyncio.create_task(feed.run_once())
    await desk.telegram.asked.wait()
    await passed(desk.client, began_ms, 1_000)
    desk.telegram.go_on.set()
    await turn
    assert desk.telegram.waits == [0, 1]
    assert began_ms + 900 < await desk.watermark() <= began_ms + 1_000


async def test_a_new_holding_counts_by_the_clock_of_its_own_server(desk: Desk) -> None:
    """The clock of the server before may have been ahead."""
    feed = desk.polling()
    await feed.run_once()
    feed._heard_ms = await server_now_ms(desk.client) + 3_600_000
    await desk.client.set(f"rt:{{{BOT}}}:poll", "us 2")
    desk.holding = Holding("us 2", desk.holding.run)
    stood_ms = await held_back(desk, feed.run_once())
    assert await desk.watermark() <= stood_ms


async def test_a_holding_that_is_new_since_the_poll_was_sent_does_not_count_by_the_clock_before(desk: Desk) -> None:
    """That clock may have been ahead, and still so little that the new one does not seem to have been put back."""
    feed = desk.polling()
    await feed.run_once()
    feed._heard_ms = await server_now_ms(desk.client) + CLOCKS_APART_MS // 2
    desk.telegram.asked.clear()
    desk.telegram.go_on.clear()
    turn = asyncio.create_task(feed.run_once())
    await desk.telegram.asked.wait()
    stood_ms = await server_now_ms(desk.client)
    await desk.client.set(f"rt:{{{BOT}}}:poll", "us 2")
    desk.holding = Holding("us 2", desk.holding.run)
    await passed(desk.client, stood_ms)
    desk.telegram.go_on.set()
    assert await turn == Polled(0)
    assert await desk.watermark() <= stood_ms
    await feed.run_once()
    assert await desk.watermark() > stood_ms


async def test_a_confirmation_that_was_refused_is_no_news_of_the_clock(desk: Desk) -> None:
    feed = desk.polling()
    ours, desk.holding = desk.holding, Holding("them 1", desk.holding.run)
    await feed.run_once()
    assert feed._heard_ms is None
    desk.holding = ours
    assert await feed.run_once() == Polled(0)


async def test_the_backlog_confirms_no_more_than_what_its_last_poll_saw(desk: Desk) -> None:
    feed = desk.polling()
    for first in (1, 1 + LIMIT):
        desk.telegram.brings(*range(first, first + LIMIT))
        await held_back(desk, feed.run_once())
        assert await desk.watermark() == 0
    desk.telegram.brings(1 + 2 * LIMIT)
    stood_ms = await held_back(desk, feed.run_once())
    assert 0 < await desk.watermark() <= stood_ms


@pytest.mark.parametrize(
    ("due_ms", "seen_ms", "wait_s"),
    [
        (-1, 100_000, 30),
        (-1, 90_000, 20),
        (-1, 70_000, 3),
        (-1, 0, 3),
        (160_000, 100_000, 30),
        (120_000, 100_000, 19),
        (120_000, 90_000, 19),
        (120_000, 88_000, 18),
        (104_001, 90_000, 3),
        (104_000, 99_000, 3),
        (104_000, 98_999, 0),
        (100_000, 90_000, 0),
        (10_000, 90_000, 0),
        (10_000, 99_500, 3),
    ],
)
def test_a_feed_that_lags_is_read_again_at_once_when_a_timer_is_near_and_within_half_a_minute_else(
    due_ms: int, seen_ms: int, wait_s: int
) -> None:
    assert timeout_s(100_000, due_ms, seen_ms) == wait_s


async def test_a_poll_that_ended_early_near_a_due_is_followed_by_one_that_does_not_wait(desk: Desk) -> None:
    """The timer would else wait for the end of a poll that began after its due was near."""
    feed: PollingFeed = desk.polling()
    await arm(desk, 4_500)
    await feed.run_once()
    desk.telegram.brings(5)
    desk.telegram.asked.clear()
    desk.telegram.go_on.clear()
    turn = asyncio.create_task(feed.run_once())
    await desk.telegram.asked.wait()
    await passed(desk.client, await server_now_ms(desk.client), polling_feed.AHEAD_OF_DUE_MS)
    desk.telegram.go_on.set()
    await turn
    await feed.run_once()
    assert desk.telegram.waits == [0, 3, 0]


async def test_a_look_at_a_webhook_under_another_holding_does_not_count_by_the_clock_before(desk: Desk) -> None:
    """Nor does the look after it: what the first one saw is a time of the server before."""
    feed = desk.webhook()
    desk.telegram.url = OURS
    for _ in range(3):
        await feed.run_once()
    assert feed._before
    feed._before = feed._before._replace(at_ms=await server_now_ms(desk.client) + CLOCKS_APART_MS // 2)
    before_ms = await desk.watermark()
    await desk.client.set(f"rt:{{{BOT}}}:poll", "us 2")
    desk.holding = Holding("us 2", desk.holding.run)
    await feed.run_once()
    assert await desk.watermark() == before_ms
    looked_ms = await server_now_ms(desk.client)
    await feed.run_once()
    assert before_ms < await desk.watermark() <= looked_ms


async def test_a_holding_that_is_new_since_a_look_began_confirms_nothing_by_it(desk: Desk) -> None:
    feed = desk.webhook()
    desk.telegram.url = OURS
    for _ in range(3):
        await feed.run_once()
    before_ms = await desk.watermark()
    desk.telegram.asked.clear()
    desk.telegram.go_on.clear()
    turn = asyncio.create_task(feed.run_once())
    await desk.telegram.asked.wait()
    await desk.client.set(f"rt:{{{BOT}}}:poll", "us 2")
    desk.holding = Holding("us 2", desk.holding.run)
    desk.telegram.go_on.set()
    await turn
    assert await desk.watermark() == before_ms
