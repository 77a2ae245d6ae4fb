"""A touch first, a line in PostgreSQL behind; nothing that was taken in is forgotten."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from engine.chats import activity
from engine.chats.activity import Active, Activity, Profile
from engine.core.delivery import cursor
from engine.core.delivery.cursor import Cursor
from engine.core.errors import OverloadError, UnreachableError
from engine.core.identity import newer_sign
from storage.postgres.incidents import ACTIVITY_OVERLOAD
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis import bot_state
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.server_identity import life_of, run_of
from storage.redis.timer_values import Holding, Lost, NextTimer, Sign
from storage.redis.timers import BATCH, Timers
from tests.missing_table import missing_table

BOT = 7
THRESHOLD_MS = 60_000
SEEN_MS = 1_700_000_000_999


class Desk:
    def __init__(self, pool: Pool, client: Redis) -> None:
        self.pool = pool
        self.client = client
        self.threshold_ms: int | None = THRESHOLD_MS
        self.timers = Timers(client)
        self.activity = Activity(pool, self.timers, self._watched)

    def _watched(self, bot_id: int) -> Watched | None:
        return Watched(bot_id, "shop_bot", b"", self.threshold_ms) if bot_id == BOT else None

    async def chats(self) -> list[tuple[int, int, str | None]]:
        rows = await self.pool.fetch("SELECT chat_id, last_active, first_name FROM chats ORDER BY chat_id")
        return [tuple(row) for row in rows]

    def unsent(self) -> int | None:
        life = self.activity._waiting.get(BOT, 1)
        assert life
        return life.unsent_episode

    async def armed(self, *chats: int) -> list[bool]:
        return [version is not None for version in await self.timers.versions(BOT, chats)]


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    desk = Desk(await open_pool(database_url), open_redis(redis_url))
    yield desk
    await desk.pool.close()
    await desk.client.aclose()


async def test_a_sign_of_life_arms_the_chat_and_is_written_behind(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS, Profile("Ana"))
    assert await desk.armed(1) == [True]
    assert await desk.chats() == []
    await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS, "Ana")]


async def test_many_signs_of_a_chat_are_one_line_with_the_latest(desk: Desk) -> None:
    for second in (3, 1, 2):
        await desk.activity.mark_user_activity(BOT, 1, SEEN_MS + second * 1000, Profile("Ana"))
    await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS + 3_000, "Ana")]


async def test_an_older_sign_does_not_take_last_activity_back(desk: Desk) -> None:
    for seen in (SEEN_MS + 5_000, SEEN_MS):
        await desk.activity.mark_user_activity(BOT, 1, seen)
        await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS + 5_000, None)]


async def test_without_a_campaign_nothing_is_armed_but_the_chat_is_known(desk: Desk) -> None:
    desk.threshold_ms = None
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS)
    await desk.activity.flush()
    assert await desk.armed(1) == [False]
    assert await desk.chats() == [(1, SEEN_MS, None)]


async def test_writes_that_postgresql_refuses_keep_waiting(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS)
    async with missing_table(desk.pool, "chats"):
        await desk.activity.flush()
    await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS, None)]


async def test_touches_of_the_last_minute_are_repeated_on_request(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS)
    await desk.client.flushall()
    assert await desk.armed(1) == [False]
    await desk.activity.repeat()
    assert await desk.armed(1) == [True]


async def test_a_sign_that_postgresql_lacks_is_repeated_even_if_others_fill_the_room(desk: Desk) -> None:
    activity = Activity(desk.pool, desk.timers, desk._watched, room=8)
    for bot in range(BOT + 1, BOT + 9):
        await activity.mark_user_activity(bot, 1, SEEN_MS)
    await activity.flush()
    for chat in (1, 2, 3):
        await activity.mark_user_activity(BOT, chat, SEEN_MS)
    await desk.client.flushall()
    await activity.repeat()
    assert await desk.armed(1, 2, 3) == [True] * 3


async def test_repeating_known_touches_changes_nothing(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1)
    before = await desk.timers.versions(BOT, [1])
    await desk.activity.repeat()
    assert await desk.timers.versions(BOT, [1]) == before


async def test_a_feed_that_is_anothers_is_not_confirmed(desk: Desk) -> None:
    assert await desk.activity.confirm(BOT, Holding("us 1", await run_of(desk.client))) is None


async def test_a_sign_that_redis_did_not_take_is_not_taken_in(desk: Desk) -> None:
    lost = Activity(desk.pool, Timers(open_redis("redis://127.0.0.1:1/0")), desk.activity._watched)
    with pytest.raises(UnreachableError, match="REDIS_URL"):
        await lost.mark_user_activity(BOT, 1, SEEN_MS)
    await lost.flush()
    assert await desk.chats() == []


async def test_a_redis_says_which_run_it_is(desk: Desk) -> None:
    assert await run_of(desk.client) == await run_of(desk.client) != ""


async def test_an_emptied_redis_is_another_life_of_the_same_run(desk: Desk) -> None:
    life = await life_of(desk.client)
    assert await life_of(desk.client) == life
    await desk.client.flushall()
    assert await life_of(desk.client) != life
    with pytest.raises(UnreachableError, match="REDIS_URL"):
        await run_of(open_redis("redis://127.0.0.1:1/0"))


async def test_lives_outlast_a_flush_that_is_broken_off(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS)
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE chats")
        flushing = asyncio.create_task(desk.activity.flush())
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - seen
            await asyncio.sleep(0.01)
        flushing.cancel()
        await asyncio.gather(flushing, return_exceptions=True)
    await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS, None)]


async def test_a_name_that_the_latest_sign_does_not_tell_is_kept(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS, Profile("Ana"))
    await desk.activity.mark_user_activity(BOT, 1, SEEN_MS + 1000)
    await desk.activity.flush()
    assert await desk.chats() == [(1, SEEN_MS + 1000, "Ana")]


@pytest.mark.parametrize("passed", [False, True])
async def test_a_broken_episode_is_known_to_be_unsent_unless_its_request_had_passed(
    desk: Desk, *, passed: bool
) -> None:
    episode = await interrupt(desk, passed=passed)
    assert desk.unsent() == (None if passed else episode)


async def test_a_send_that_may_have_left_is_not_confused_with_an_earlier_one(desk: Desk) -> None:
    unsent = await interrupt(desk, passed=False)
    await interrupt(desk, passed=True)
    assert desk.unsent() == unsent


async def test_a_flood_of_one_bot_is_refused_alone_until_it_is_written(desk: Desk) -> None:
    activity = Activity(desk.pool, desk.timers, desk._watched, room=8)
    for chat in range(4):
        await activity.mark_user_activity(BOT, chat + 1)
    with pytest.raises(OverloadError, match="its share"):
        await activity.mark_user_activity(BOT, 5)
    assert activity.overloads.take() == {(BOT, ACTIVITY_OVERLOAD): 1}
    await activity.mark_user_activity(BOT + 1, 1)
    await activity.flush()
    await activity.mark_user_activity(BOT, 5)
    assert activity.overloads.take() == {}


@pytest.mark.parametrize("chats", [[], [1], [1, 2, 1, 3, 1], [*range(1, BATCH + 2)] * 2], ids=len)
async def test_a_list_is_taken_in_like_its_signs_one_by_one(desk: Desk, chats: list[int]) -> None:
    seen = [SEEN_MS + 1000 * (place % 3) for place in range(len(chats))]
    several = [Active(Sign(*sign), Profile(f"P{sign[0]}")) for sign in zip(chats, seen, strict=True)]
    await desk.activity.mark_users_active(BOT, several)
    assert all(await desk.armed(*set(chats))) if chats else True
    await desk.activity.flush()
    latest = {chat: max(at for one, at in zip(chats, seen, strict=True) if one == chat) for chat in set(chats)}
    assert await desk.chats() == sorted((chat, at, f"P{chat}") for chat, at in latest.items())
    await desk.client.flushall()
    await desk.activity.repeat()
    assert all(await desk.armed(*set(chats))) if chats else True


async def test_what_of_a_list_finds_room_is_taken_in_before_the_rest_is_refused(desk: Desk) -> None:
    activity = Activity(desk.pool, desk.timers, desk._watched, room=8)
    with pytest.raises(OverloadError, match="its share"):
        await activity.mark_users_active(BOT, [Active(Sign(chat, 0)) for chat in range(1, 8)])
    assert activity.overloads.take() == {(BOT, ACTIVITY_OVERLOAD): 3}
    assert await desk.armed(*range(1, 8)) == [True] * 4 + [False] * 3
    await activity.mark_users_active(BOT, [Active(Sign(chat, 0)) for chat in (1, 4, 2)])


async def test_an_episode_that_a_list_breaks_is_known_to_be_unsent(desk: Desk) -> None:
    episode = await interrupt(desk, passed=False, by_list=True)
    assert desk.unsent() == episode


async def interrupt(desk: Desk, *, passed: bool, by_list: bool = False) -> int:
    """A silence is due, an episode begins, a delivery is held; and then the person writes. Returns the episode."""
    desk.threshold_ms = 0
    await bot_state.set_generation(desk.client, BOT, 1, run="")
    await desk.activity.mark_user_activity(BOT, 1)
    await desk.client.set(of_bot(BOT).poll, "us 1")
    await desk.activity.confirm(BOT, Holding("us 1", await run_of(desk.client)))
    (held,) = (await desk.timers.claim(BOT, 1, 60_000, 1)).timers
    begun = NextTimer(
        1, held.version, held.due_ms, urgent=True, opaque=cursor.write(Cursor(held.seen_ms, 0, "s", "b", 1))
    )
    await desk.timers.settle(BOT, [begun])
    (held,) = (await desk.timers.claim(BOT, 1, 60_000, 1)).timers
    if passed:
        await desk.timers.pass_(BOT, [held.last_look])
    if by_list:
        await desk.activity.mark_users_active(BOT, [Active(Sign(chat, 0)) for chat in (2, 1, 3, 1)])
    else:
        await desk.activity.mark_user_activity(BOT, 1)
    return held.seen_ms


@pytest.mark.parametrize("step_ms", [-600_000, 600_000])
async def test_the_signs_to_repeat_age_by_a_clock_that_nobody_sets(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step_ms: int
) -> None:
    """Neither are they kept until the server's clock has caught up, nor forgotten because it was set ahead."""
    elapsed_s, server_us = 1_000.0, SEEN_MS * 1000
    monkeypatch.setattr(activity, "elapsed_s", lambda: elapsed_s)
    ours = Activity(desk.pool, Timers(desk.client, lambda: server_us), desk._watched)
    await ours.mark_user_activity(BOT, 1)
    server_us += step_ms * 1000
    elapsed_s += 30
    await ours.mark_user_activity(BOT, 2)
    assert len(ours._recent) == 2
    elapsed_s += 40
    await ours.mark_user_activity(BOT, 3)
    assert [sign.chat_id for sign in ours._recent.of_bots()[BOT]] == [2, 3]


async def test_a_return_under_a_clock_that_was_put_back_ends_the_episode(desk: Desk) -> None:
    """The silence seems to have begun later than the person has come back."""
    server_us = SEEN_MS * 1000
    ours = Activity(desk.pool, Timers(desk.client, lambda: server_us), desk._watched)
    episode = SEEN_MS + 300_000
    place = cursor.write(Cursor(episode, 0, "s", "b", 1))
    await desk.timers.restore(BOT, [Lost(1, episode, episode + THRESHOLD_MS, on_wire=False, opaque=place)])
    await ours.mark_user_activity(BOT, 1, SEEN_MS)
    life = ours._waiting.get(BOT, 1)
    assert life
    assert newer_sign(life.last_active_ms, episode)
    assert life.unsent_episode == episode
