"""One receiver at a time has a bot's feed, and confirms it only after a lost Redis has the last touches again."""

from collections.abc import AsyncIterator

import pytest

from engine.chats.activity import Activity
from engine.receiver.feed_ownership import TTL_MS, FeedOwnership
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis import keys
from storage.redis.client import Redis, open_redis
from storage.redis.ownership import Ownership
from storage.redis.timers import Timers

BOT, OTHER = 7, 8
BOTS = (BOT, OTHER)
SEEN_MS = 1_700_000_000_999


class Side:
    """One of two receivers."""

    def __init__(self, name: str, pool: Pool, client: Redis) -> None:
        self.client = client
        self.timers = Timers(client)
        self.activity = Activity(pool, self.timers, lambda bot: Watched(bot, "shop_bot", b"", 60_000))
        self.now_s = 0.0
        self.feeds = FeedOwnership(
            client, Ownership(client, name), self.activity, renewal_s=0.0, elapsed_s=lambda: self.now_s
        )

    async def confirms(self, bot: int = BOT) -> bool:
        holding = self.feeds.holding(bot)
        return holding is not None and await self.activity.confirm(bot, holding) is not None

    async def armed(self, chat: int) -> bool:
        return await self.timers.versions(BOT, [chat]) != [None]


@pytest.fixture
async def sides(redis_url: str, database_url: str) -> AsyncIterator[tuple[Side, Side]]:
    pool, client = await open_pool(database_url), open_redis(redis_url)
    yield Side("left", pool, client), Side("right", pool, client)
    await client.aclose()
    await pool.close()


async def test_one_of_two_receivers_has_a_feed_and_confirms_it(sides: tuple[Side, Side]) -> None:
    left, right = sides
    assert await left.feeds.run_once(BOTS) == {BOT, OTHER}
    assert await right.feeds.run_once(BOTS) == frozenset()
    assert await left.confirms()
    assert not await right.confirms()


async def test_another_receiver_has_a_released_feed_at_once(sides: tuple[Side, Side]) -> None:
    left, right = sides
    await left.feeds.run_once(BOTS)
    await left.feeds.release()
    assert not await left.confirms()
    assert await right.feeds.run_once(BOTS) == {BOT, OTHER}


async def test_the_feed_of_a_bot_that_is_no_longer_wanted_is_released(sides: tuple[Side, Side]) -> None:
    left, right = sides
    await left.feeds.run_once(BOTS)
    assert await left.feeds.run_once([OTHER]) == {OTHER}
    assert await right.feeds.run_once(BOTS) == {BOT}


async def test_a_receiver_that_stood_still_during_a_takeover_confirms_nothing(sides: tuple[Side, Side]) -> None:
    left, right = sides
    await left.feeds.run_once(BOTS)
    await left.client.delete(keys.of_bot(BOT).poll)
    await right.feeds.run_once(BOTS)
    assert not await left.confirms()
    assert await left.feeds.run_once(BOTS) == {OTHER}


async def test_a_receiver_that_stood_still_reads_no_feed_before_it_has_asked_again(sides: tuple[Side, Side]) -> None:
    """Its poll would disturb the receiver that took over, which would take it for another program."""
    left, right = sides
    await left.feeds.run_once(BOTS)
    left.now_s += TTL_MS / 1000
    await left.client.delete(keys.of_bot(BOT).poll)
    await right.feeds.run_once(BOTS)
    assert [left.feeds.holding(bot) for bot in BOTS] == [None, None]
    await left.feeds.run_once(BOTS)
    assert [left.feeds.holding(bot) is None for bot in BOTS] == [True, False]


async def test_an_emptied_redis_gets_the_last_touches_before_any_confirmation(sides: tuple[Side, Side]) -> None:
    left, _ = sides
    await left.feeds.run_once(BOTS)
    await left.activity.mark_user_activity(BOT, 1, SEEN_MS)
    await left.client.flushall()
    assert not await left.confirms()
    await left.feeds.run_once(BOTS)
    assert await left.armed(1)
    assert await left.confirms()


async def test_a_receiver_without_the_feed_repeats_its_touches_too(sides: tuple[Side, Side]) -> None:
    """By webhook every receiver takes updates in, and only one has the feed."""
    left, right = sides
    await left.feeds.run_once(BOTS)
    await right.feeds.run_once(BOTS)
    await right.activity.mark_user_activity(BOT, 1, SEEN_MS)
    await left.client.flushall()
    await left.feeds.run_once(BOTS)
    assert not await left.armed(1)
    await right.feeds.run_once(BOTS)
    assert await left.armed(1)


async def test_a_feed_taken_between_renewals_is_kept_without_asking(sides: tuple[Side, Side], redis_url: str) -> None:
    left, _ = sides
    client = open_redis(redis_url)
    patient = FeedOwnership(client, Ownership(client, "patient"), left.activity, renewal_s=3_600.0)
    await patient.run_once(BOTS)
    await client.delete(keys.of_bot(BOT).poll)
    assert await patient.run_once(BOTS) == {BOT, OTHER}
    assert await client.exists(keys.of_bot(BOT).poll) == 0
    assert await patient.run_once([BOT]) == {BOT}
    assert await client.exists(keys.of_bot(BOT).poll) == 1
    await client.aclose()


async def test_an_emptied_redis_is_told_at_once_whose_feeds_they_are(sides: tuple[Side, Side]) -> None:
    left, right = sides
    patient = FeedOwnership(left.client, Ownership(left.client, "patient"), left.activity, renewal_s=3_600.0)
    await patient.run_once(BOTS)
    await left.client.flushall()
    assert await patient.run_once(BOTS) == {BOT, OTHER}
    holding = patient.holding(BOT)
    assert holding is not None
    assert await left.activity.confirm(BOT, holding) is not None
    assert await right.feeds.run_once(BOTS) == frozenset()


async def test_a_feed_that_becomes_free_is_taken_at_once_and_ours_are_not_asked_for(sides: tuple[Side, Side]) -> None:
    left, _ = sides
    patient = FeedOwnership(left.client, Ownership(left.client, "patient"), left.activity, renewal_s=3_600.0)
    await left.feeds.run_once([BOT])
    assert await patient.run_once(BOTS) == {OTHER}
    assert await patient.run_once(BOTS) == {OTHER}
    await left.feeds.release()
    await left.client.delete(keys.of_bot(OTHER).poll)
    assert await patient.run_once(BOTS) == {BOT, OTHER}
    assert await left.client.exists(keys.of_bot(OTHER).poll) == 0
