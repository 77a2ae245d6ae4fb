"""Another reader of a bot's updates is never missed, and never seen where Redis or Telegram lost what is missing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from engine.core.errors import UnreachableError
from engine.receiver import webhook_feed
from engine.receiver.polling_feed import PollingFeed
from engine.receiver.webhook_feed import WebhookFeed
from storage.redis import keys
from storage.redis.arrivals import Arrivals
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.missing_table import missing_table
from tests.receiver.lone_bot import BOT, OURS, Desk
from tests.receiver.test_poll_progress import passed

OTHER_READER = {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}
WEBHOOK_ACTIVE = {"ok": False, "error_code": 409, "description": "Conflict: webhook is active"}
DAY_MS = 86_400_000


@asynccontextmanager
async def _unreachable_redis(feed: PollingFeed) -> AsyncIterator[None]:
    reachable, feed._watch._client = feed._watch._client, open_redis("redis://127.0.0.1:1/0")
    try:
        yield
    finally:
        await feed._watch._client.aclose()
        feed._watch._client = reachable


@pytest.mark.parametrize("down", ["postgres", "redis"])
async def test_a_conflict_that_cannot_be_recorded_at_once_is_recorded_before_the_feed_is_confirmed(
    desk: Desk, down: str
) -> None:
    feed = desk.polling()
    await feed.run_once()
    held = await desk.watermark()
    desk.telegram.polls += [OTHER_READER]
    async with missing_table(desk.pool, "bots") if down == "postgres" else _unreachable_redis(feed):
        for _ in range(3):
            with pytest.raises(UnreachableError):
                await feed.run_once()
        assert await desk.watermark() == held
    await feed.run_once()
    assert await desk.doubted()
    assert await desk.watermark() > held


async def test_a_conflict_with_our_own_successor_is_no_doubt(desk: Desk) -> None:
    feed = desk.polling()
    await feed.run_once()
    await desk.client.set(keys.of_bot(BOT).poll, "them 2")
    desk.telegram.polls += [OTHER_READER]
    await feed.run_once()
    assert not await desk.doubted()


@pytest.mark.parametrize("holder", ["us 2", None])
async def test_a_conflict_while_our_claim_is_renewed_or_was_emptied_is_a_reader(desk: Desk, holder: str | None) -> None:
    feed = desk.polling()
    await feed.run_once()
    await (desk.client.set(keys.of_bot(BOT).poll, holder) if holder else desk.client.delete(keys.of_bot(BOT).poll))
    desk.telegram.polls += [OTHER_READER]
    await feed.run_once()
    assert await desk.doubted()


async def test_a_redis_that_lost_its_last_second_is_no_reader_for_a_poll(desk: Desk) -> None:
    feed = desk.polling()
    desk.telegram.brings(101, 102)
    await feed.run_once()
    older = await desk.client.hget(keys.of_bot(BOT).bot, "floor")
    desk.telegram.brings(103, 104)
    await feed.run_once()
    await desk.client.hset(keys.of_bot(BOT).bot, "floor", str(older))
    desk.telegram.brings(105)
    await feed.run_once()
    assert not await desk.doubted()
    desk.telegram.brings(107)
    await feed.run_once()
    assert await desk.doubted()


async def test_a_redis_that_lost_its_last_second_is_no_reader_for_a_webhook(desk: Desk) -> None:
    feed, arrivals = desk.webhook(), Arrivals(desk.client)
    for _ in range(3):
        await feed.run_once()
    await arrivals.note(BOT, [101, 102])
    await feed.run_once()
    older = await desk.client.hget(keys.of_bot(BOT).bot, "floor")
    await arrivals.note(BOT, [103, 104])
    await feed.run_once()
    await desk.client.hset(keys.of_bot(BOT).bot, "floor", str(older))
    await desk.client.delete(keys.of_bot(BOT).came)
    await arrivals.note(BOT, [105])
    feed._run = "the server before the failover"
    await feed.run_once()
    await feed.run_once()
    assert not await desk.doubted()
    await arrivals.note(BOT, [107])
    await feed.run_once()
    assert await desk.blamed() == ["feed_second_reader"]


@pytest.mark.parametrize("url", ["", "https://staging.example/telegram/7", "https://other.example/hook"])
async def test_a_webhook_that_is_no_longer_as_it_was_set_was_taken(desk: Desk, url: str) -> None:
    feed = desk.webhook()
    for _ in range(3):
        await feed.run_once()
    assert not await desk.doubted()
    desk.telegram.url = url
    await feed.run_once()
    assert await desk.doubted()


@pytest.mark.parametrize("url", ["", "https://staging.example/telegram/7", "https://other.example/hook"])
async def test_a_webhook_in_the_way_of_a_bot_that_was_polled_is_another_reader(desk: Desk, url: str) -> None:
    feed = desk.polling()
    await feed.run_once()
    desk.telegram.url = url
    desk.telegram.polls += [WEBHOOK_ACTIVE]
    await feed.run_once()
    assert await desk.doubted()


async def test_a_bot_that_comes_from_our_webhook_is_polled_without_a_doubt(desk: Desk) -> None:
    desk.telegram.url = OURS
    desk.telegram.polls += [WEBHOOK_ACTIVE]
    feed = desk.polling()
    await feed.run_once()
    await feed.run_once()
    assert (desk.telegram.url, await desk.doubted()) == ("", False)


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_what_telegram_dropped_while_nobody_read_for_a_day_is_doubted_and_nobody_is_blamed(
    desk: Desk, way: str
) -> None:
    long_ago = await server_now_ms(desk.client) - DAY_MS - 60_000
    await desk.client.hset(keys.of_bot(BOT).bot, mapping={"watermark": long_ago, "floor": 100})
    feed = desk.polling() if way == "polling" else desk.webhook()
    for _ in range(3):
        await feed.run_once()
    assert (await desk.doubted(), await desk.blamed()) == (True, [])
    assert await desk.watermark() > long_ago


async def test_updates_that_expired_while_nobody_read_are_doubted_and_nobody_is_blamed(desk: Desk) -> None:
    """A tap is kept for minutes only."""
    ago = await server_now_ms(desk.client) - 600_000
    await desk.client.hset(keys.of_bot(BOT).bot, mapping={"watermark": ago, "floor": 100})
    desk.telegram.brings(102, 103)
    await desk.polling().run_once()
    assert (await desk.doubted(), await desk.blamed()) == (True, [])


async def _looks(desk: Desk, feed: WebhookFeed, until_ms: int, *, failing: bool, number: int = 100) -> None:
    """Something is on its way at each look, and every update comes; a delivery fails now and then, or never."""
    arrivals = Arrivals(desk.client)
    desk.telegram.pending = 1
    while await desk.watermark() < until_ms and not await desk.doubted():
        number += 1
        desk.telegram.failed_s = number if failing else 7
        await arrivals.note(BOT, [number])
        await feed.run_once()


@pytest.mark.parametrize("failing", [False, True])
async def test_a_busy_webhook_of_an_emptied_redis_is_doubted_only_if_a_delivery_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, *, failing: bool
) -> None:
    monkeypatch.setattr(webhook_feed, "DELIVERED_MS", 100)
    monkeypatch.setattr(webhook_feed, "GIVE_UP_MS", 200 if failing else 60_000)
    feed = desk.webhook()
    await feed.run_once()
    began_ms = await server_now_ms(desk.client)
    await _looks(desk, feed, began_ms, failing=failing)
    assert await desk.doubted() is failing
    assert await desk.blamed() == []


async def test_more_pending_than_connections_proves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that wait for a connection have never been tried."""
    monkeypatch.setattr(webhook_feed, "DELIVERED_MS", 1)
    feed, arrivals = desk.webhook(), Arrivals(desk.client)
    await feed.run_once()
    desk.telegram.pending = webhook_feed._CONNECTIONS + 1
    for number in range(100, 130):
        await arrivals.note(BOT, [number])
        await feed.run_once()
    assert await desk.watermark() == 0


async def test_another_reader_is_noticed_by_a_webhook_whose_floor_was_found_by_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_feed, "DELIVERED_MS", 100)
    feed = desk.webhook()
    await feed.run_once()
    await _looks(desk, feed, await server_now_ms(desk.client), failing=False)
    desk.telegram.pending = 0
    came = await Arrivals(desk.client).look(BOT)
    await Arrivals(desk.client).note(BOT, [came.highest + 2])
    await feed.run_once()
    assert await desk.blamed() == ["feed_second_reader"]


async def test_a_flush_in_the_middle_of_traffic_is_no_other_reader(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before it is forgotten with it, and nobody has taken it."""
    monkeypatch.setattr(webhook_feed, "DELIVERED_MS", 50)
    feed, arrivals = desk.webhook(), Arrivals(desk.client)
    for number in range(100, 110):
        await feed.run_once()
        await arrivals.note(BOT, [number])
    await passed(desk.client, await server_now_ms(desk.client))
    await arrivals.note(BOT, [110, 111])
    await desk.client.delete(*keys.of_bot(BOT))
    await desk.client.set(keys.of_bot(BOT).poll, "us 1")
    await arrivals.note(BOT, [112])
    await _looks(desk, feed, await server_now_ms(desk.client), failing=False, number=112)
    assert (await desk.doubted(), await desk.blamed()) == (False, [])
