"""PostgreSQL takes connections and answers nothing: touches go on, and nothing is acknowledged that it must have."""

from collections.abc import AsyncIterator
from typing import Final, NamedTuple

import pytest

from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core.errors import UnreachableError
from storage.postgres import pool as postgres
from storage.postgres.payments import PAID, Payment
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis.client import open_redis
from storage.redis.timers import Timers
from tests.poller.cable import Cable, cable_to

BOT: Final = 7
SEEN_MS: Final = 1_700_000_000_999


class Desk(NamedTuple):
    """`pool` is at hand; the activity and the endings use one at the end of the cable."""

    pool: Pool
    cable: Cable
    timers: Timers
    activity: Activity
    endings: Endings


@pytest.fixture
async def desk(database_url: str, redis_url: str, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(postgres, "_TIMEOUT_S", 0.3)
    monkeypatch.setattr(postgres, "_ACQUIRE_S", 0.3)
    client = open_redis(redis_url)
    await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES ($1, 'shop_bot', '', 0)", BOT)
    async with cable_to(database_url) as (cable, url), await open_pool(url) as far_pool:
        timers = Timers(client)
        activity = Activity(far_pool, timers, lambda bot: Watched(bot, "shop_bot", b"", 60_000))
        yield Desk(pool, cable, timers, activity, Endings(far_pool, client, timers, activity.name))
    await client.aclose()


async def test_touches_return_and_are_written_down_later(desk: Desk) -> None:
    desk.cable.hold()
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS)
    assert await desk.timers.versions(BOT, [1]) != [None]
    assert not await desk.activity.flush()
    await desk.activity.mark_user_activity(BOT, 2, SEEN_MS)
    desk.cable.flow()
    assert await desk.activity.flush()
    rows = await desk.pool.fetch("SELECT chat_id, last_active FROM chats ORDER BY chat_id")
    assert [tuple(row) for row in rows] == [(1, SEEN_MS), (2, SEEN_MS)]


async def test_an_ending_is_not_acknowledged_and_counts_once_when_it_comes_again(desk: Desk) -> None:
    payment = Payment(BOT, "charge", 1, 500, "BRL", PAID, SEEN_MS)
    desk.cable.hold()
    with pytest.raises(UnreachableError):
        await desk.endings.pay([payment])
    with pytest.raises(UnreachableError):
        await desk.endings.lose(BOT, 1, SEEN_MS)
    desk.cable.flow()
    (recorded,) = (await desk.endings.pay([payment])).recorded
    assert recorded.status == PAID
    await desk.endings.lose(BOT, 1, SEEN_MS)
    assert await desk.pool.fetchval("SELECT count(*) FROM payments") == 1
