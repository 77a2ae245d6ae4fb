"""Another reader of a bot's updates is never missed, and never seen where Redis or Telegram lost what is missing."""

import pytest

from engine.core.errors import UnreachableError
from storage.redis import keys
from storage.redis.arrivals import Arrivals
from storage.redis.client import open_redis
from storage.redis.server_clock import server_now_ms
from tests.receiver.lone_bot import BOT, OURS, Desk

OTHER_READER = {"ok": False, "error_code": 409, "description": "Conflict: terminated by other getUpdates request"}
WEBHOOK_ACTIVE = {"ok": False, "error_code": 409, "description": "Conflict: webhook is active"}
DAY_MS = 86_400_000


@pytest.mark.parametrize("down", ["postgres", "redis"])
async def test_a_conflict_that_cannot_be_recorded_at_once_is_recorded_before_the_feed_is_confirmed(
    desk: Desk, down: str
) -> None:
    feed = desk.polling()
    await feed.run_once()
    held = await desk.watermark()
    desk.telegram.polls += [OTHER_READER]
    if down == "postgres":
        await desk.pool.execute("ALTER TABLE bots RENAME TO elsewhere")
    else:
        reachable, feed._watch._client = feed._watch._client, open_redis("redis://127.0.0.1:1/0")
    for _ in range(3):
        with pytest.raises(UnreachableError):
            await feed.run_once()
    assert await desk.watermark() == held
    if down == "postgres":
        await desk.pool.execute("ALTER TABLE elsewhere RENAME TO bots")
    else:
        await feed._watch._client.aclose()
        feed._watch._client = reachable
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
