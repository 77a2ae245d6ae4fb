"""Chats that PostgreSQL remembers become timers again: all of them, or only the silences that are not armed."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from engine.core.campaign.snapshot import Snapshot
from engine.core.delivery.replan import SPREAD_MS, Resumed
from engine.core.errors import UnreachableError
from engine.core.schedule.sending_hours import spread_over
from engine.poller import rebuild
from storage.postgres import chats, replans
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.pool import Pool, open_pool
from storage.redis import keys
from storage.redis.client import Redis, open_redis
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers

BOT, BEGUN, UNHEARD = 7, 41, 42
ACTIVATED = 1_800_000_000_000
SILENCE = ACTIVATED + 5_000
NEWEST = Snapshot(zone="UTC", steps=())

_LIVE = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0);
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms) VALUES (7, 'live', 60000, 'UTC', 60000);
"""


class Ground(NamedTuple):
    pool: Pool
    client: Redis
    timers: Timers

    async def version(self, chat: int) -> int | None:
        return (await self.timers.versions(BOT, [chat]))[0]


@pytest.fixture
async def ground(redis_url: str, database_url: str) -> AsyncIterator[Ground]:
    """One chat whose episode has begun without its timer knowing; one that Redis does not know."""
    client = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        await pool.execute(_LIVE)
        timers = Timers(client)
        await timers.touch(BOT, [Sign(BEGUN, SILENCE)], NEWEST.threshold_ms)
        async with pool.acquire() as connection:
            await chats.flush(connection, [Life(BOT, chat, SILENCE) for chat in (BEGUN, UNHEARD)], SILENCE)
        beginning = Beginning(BOT, BEGUN, SILENCE, 10, 1, "hello", "one", SILENCE + 60_000)
        await begin_episodes(pool, [beginning], SILENCE + 60_000)
        yield Ground(pool, client, timers)
    await client.aclose()


async def test_an_unarmed_silence_is_armed_and_an_open_episode_keeps_its_claim(ground: Ground) -> None:
    claimed = await ground.version(BEGUN)
    assert await armed(ground, ACTIVATED) == 1
    assert await ground.version(BEGUN) == claimed is not None
    assert await ground.version(UNHEARD)
    assert not await ground.client.hexists(keys.of_bot(BOT).bot, "generation")


async def armed(ground: Ground, now_ms: int) -> int:
    pages = rebuild.arm_unheard(ground.pool, ground.timers, BOT, NEWEST, ACTIVATED, now_ms)
    return sum([page async for page in pages])


async def test_a_lost_silence_comes_back_as_much_later_as_pauses_were_long(ground: Ground) -> None:
    over_ms = SILENCE + 2 * NEWEST.threshold_ms
    async with ground.pool.acquire() as connection:
        await replans.ask(connection, BOT, Resumed(SILENCE + 10_000), over_ms)
    await rebuild.rebuild(ground.pool, ground.client, ground.timers, BOT, NEWEST, ACTIVATED, run="")
    due_ms = await ground.client.zscore(keys.of_bot(BOT).timers, str(UNHEARD))
    assert due_ms == over_ms + NEWEST.threshold_ms - 10_000


async def test_lost_timers_come_back_with_their_episodes(ground: Ground) -> None:
    claimed = await ground.version(BEGUN)
    assert await rebuild.rebuild(ground.pool, ground.client, ground.timers, BOT, NEWEST, ACTIVATED, run="") == 2
    assert await ground.version(BEGUN) != claimed
    assert await ground.client.hexists(keys.of_bot(BOT).bot, "generation")


async def test_a_rebuild_that_breaks_off_leaves_the_timers_lost(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise UnreachableError("gone")

    monkeypatch.setattr(ground.timers, "restore", gone)
    with pytest.raises(UnreachableError):
        await rebuild.rebuild(ground.pool, ground.client, ground.timers, BOT, NEWEST, ACTIVATED, run="")
    assert not await ground.client.hexists(keys.of_bot(BOT).bot, "generation")


async def test_a_timer_that_an_earlier_release_dropped_comes_back(ground: Ground) -> None:
    """It could not read the state, and took the timer for one without a state."""
    await ground.client.zrem(keys.of_bot(BOT).timers, str(BEGUN))
    await rebuild.rebuild(ground.pool, ground.client, ground.timers, BOT, NEWEST, ACTIVATED, run="")
    assert await ground.client.zscore(keys.of_bot(BOT).timers, str(BEGUN)) == SILENCE + 60_000


@pytest.mark.parametrize(("late_ms", "within_ms"), [(5_000, 5_000), (3_600_000, SPREAD_MS)])
async def test_silences_that_are_already_due_are_spread(ground: Ground, late_ms: int, within_ms: int) -> None:
    now_ms = SILENCE + NEWEST.threshold_ms + late_ms
    assert await armed(ground, now_ms) == 1
    due_ms = await ground.client.zscore(keys.of_bot(BOT).timers, str(UNHEARD))
    assert due_ms == now_ms + spread_over(UNHEARD, within_ms)


async def test_doubted_silences_end_and_begin_again_at_the_doubt(ground: Ground) -> None:
    doubt_ms = SILENCE + 30_000
    args = (ground.pool, ground.timers, BOT, NEWEST, doubt_ms, doubt_ms + NEWEST.threshold_ms)
    assert [await rebuild.renew_doubted(*args) for _ in range(2)] == [1, 0]
    ended = await ground.pool.fetch("SELECT chat_id, reason FROM recovery_episodes")
    assert [tuple(row) for row in ended] == [(BEGUN, "doubted")]
    due_ms = await ground.client.zscore(keys.of_bot(BOT).timers, str(BEGUN))
    assert due_ms == doubt_ms + NEWEST.threshold_ms


async def test_an_episode_that_began_after_the_doubt_goes_on(ground: Ground) -> None:
    assert await rebuild.renew_doubted(ground.pool, ground.timers, BOT, NEWEST, SILENCE, SILENCE + 60_000) == 0
