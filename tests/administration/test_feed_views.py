"""How a bot's feed stands, on a real PostgreSQL and Valkey: read, unread and why, doubted and trusted."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from bot.framework.i18n import Translator
from bot.phrases.feed import short_trouble, trouble
from engine.administration import bots, feed_views
from engine.core.change import Change
from engine.core.errors import NotFoundError
from engine.core.feed_status import STALE_MS, FeedStatus, Unread
from storage.postgres import feed_doubts, incidents
from storage.postgres.incidents import FOREIGN_WEBHOOK, SECOND_READER
from storage.postgres.pool import Pool, open_pool, transaction
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.server_clock import server_now_ms

THRESHOLD_MS = 60_000
BOT = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0);
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, published_version)
    VALUES (7, 'live', 60000, 'UTC', 60000, 1);
INSERT INTO recovery_versions VALUES (7, 1, 1, '{"threshold_ms": 60000}', 0)
"""


class Office(NamedTuple):
    pool: Pool
    client: Redis

    async def feed(self) -> FeedStatus:
        return await feed_views.feed(self.pool, self.client, 7)

    async def now_ms(self) -> int:
        return await server_now_ms(self.client)

    async def contest(self, kind: str | None, detail: str, at_ms: int) -> None:
        async with transaction(self.pool) as connection:
            await feed_doubts.contest(connection, 7, kind, detail, at_ms)

    async def read_again(self, at_ms: int) -> bool:
        async with transaction(self.pool) as connection:
            return await feed_doubts.read_again(connection, 7, at_ms)

    async def confirm(self, at_ms: int) -> None:
        await self.client.hset(of_bot(7).bot, "watermark", str(at_ms))


@pytest.fixture
async def office(redis_url: str, database_url: str) -> AsyncIterator[Office]:
    client = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        await pool.execute(BOT)
        yield Office(pool, client)
    await client.aclose()


async def test_a_feed_that_is_read_is_neither_unread_nor_doubted(office: Office) -> None:
    assert (await office.feed()).unread is None
    now_ms = await office.now_ms()
    await office.confirm(now_ms)
    found = await office.feed()
    assert (found.unread, found.read_until_ms, found.doubted_until_ms, found.is_held) == (None, now_ms, None, False)


async def test_a_feed_without_news_for_long_is_unreachable(office: Office) -> None:
    await office.confirm(await office.now_ms() - STALE_MS - 1_000)
    assert (await office.feed()).unread is Unread.UNREACHABLE


@pytest.mark.parametrize(
    ("kind", "detail", "unread", "host"),
    [
        ("feed_unauthorized", "401", Unread.TOKEN_REFUSED, ""),
        ("bot_suspended", "401", Unread.TOKEN_REFUSED, ""),
        (FOREIGN_WEBHOOK, "other.example", Unread.FOREIGN_WEBHOOK, "other.example"),
        (SECOND_READER, "", Unread.SECOND_READER, ""),
    ],
)
async def test_an_open_incident_says_why_nothing_is_read(
    office: Office, kind: str, detail: str, unread: Unread, host: str
) -> None:
    async with transaction(office.pool) as connection:
        await incidents.open_incident(connection, 7, kind, detail, 1)
    found = await office.feed()
    assert (found.unread, found.host) == (unread, host)


async def test_a_contested_bot_is_held_without_an_end(office: Office) -> None:
    await office.contest(SECOND_READER, "", 5_000)
    await office.contest(SECOND_READER, "", 9_000)
    found = await office.feed()
    assert (found.doubted_until_ms, found.held_until_ms, found.is_held) == (9_000, None, True)
    assert (found.unread, found.doubt) == (Unread.SECOND_READER, Unread.SECOND_READER)


async def test_an_undisturbed_read_ends_the_incident_and_holds_the_bot_for_a_threshold_more(office: Office) -> None:
    now_ms = await office.now_ms()
    await office.contest(FOREIGN_WEBHOOK, "other.example", now_ms - 10)
    assert await office.read_again(now_ms)
    assert not await office.read_again(now_ms + 5_000), "only the first read moves the doubt"
    found = await office.feed()
    assert (found.unread, found.doubted_until_ms, found.doubt) == (None, now_ms, Unread.FOREIGN_WEBHOOK)
    assert (found.held_until_ms, found.is_held) == (now_ms + THRESHOLD_MS, True)


@pytest.mark.parametrize("kind", [SECOND_READER, FOREIGN_WEBHOOK])
async def test_a_reader_of_an_earlier_doubt_is_not_blamed_for_what_is_missing_later(office: Office, kind: str) -> None:
    now_ms = await office.now_ms()
    await office.contest(kind, "other.example", now_ms - 9_000)
    await office.read_again(now_ms - 8_000)
    await office.contest(None, "", now_ms - 10)
    await office.read_again(now_ms)
    found = await office.feed()
    assert (found.doubt, found.is_held) == (None, True)
    say = Translator("en")
    assert "may never have arrived" in trouble(say, found)
    assert "nother program" not in trouble(say, found) + short_trouble(say, "shop_bot", found)


async def test_a_doubt_never_moves_back(office: Office) -> None:
    await office.contest(SECOND_READER, "", 9_000)
    await office.contest(SECOND_READER, "", 5_000)
    assert (await office.feed()).doubted_until_ms == 9_000


async def test_a_hold_is_over_when_the_threshold_has_passed(office: Office) -> None:
    await office.contest(SECOND_READER, "", 1)
    await office.read_again(await office.now_ms() - THRESHOLD_MS - 1)
    assert not (await office.feed()).is_held


async def test_an_owner_who_trusts_the_bot_clears_the_doubt_with_one_line_in_the_audit_log(office: Office) -> None:
    await office.contest(SECOND_READER, "", 5_000)
    for _ in range(2):
        await bots.trust(office.pool, "@Shop_bot", Change("ana", 6_000))
    found = await office.feed()
    assert (found.unread, found.doubted_until_ms, found.doubt, found.is_held) == (None, None, None, False)
    audited = await office.pool.fetch("SELECT actor, action, before ->> 'doubted_until' FROM audit_log")
    assert [tuple(row) for row in audited] == [("ana", "bot.trust", "5000")]
    assert not await office.read_again(7_000), "a trusted bot is not doubted by the next read"


async def test_an_unknown_bot_has_no_feed(office: Office) -> None:
    with pytest.raises(NotFoundError):
        await feed_views.feed(office.pool, office.client, 8)
