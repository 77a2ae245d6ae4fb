"""An episode that is open without a timer is found, and ends by its cause or goes on; nothing else is touched."""

from collections.abc import AsyncIterator
from typing import cast

import pytest

from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.lane_state import LaneState
from engine.core.schedule.step_schedule import After
from engine.poller import reconciler as reconciling
from engine.poller.reconciler import Mended, Reconciler
from engine.poller.served_bots import Served, ServedBots
from engine.runtime.server_clock import ServerClock
from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.payments import Payment
from storage.postgres.pool import Pool, open_pool, transaction
from storage.redis import bot_state, keys
from storage.redis.client import Redis, open_redis
from storage.redis.timer_values import Sign
from storage.redis.timers import BATCH, Timers
from tests.poller.yard import Pages

BOT, CHAT, OTHER = 7, 41, 42
SILENCE = 1_800_000_000_000
NOW = SILENCE + 60_000
CLAIM = NOW * 1000
STEP = Step("hello", After(0), (Block("one", Text("x")),))
NEWEST = Snapshot("UTC", (STEP,), threshold_ms=60_000)

_LIVE = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0);
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms) VALUES (7, 'live', 60000, 'UTC', 60000);
"""


class Ground:
    """One bot, whose clocks a test moves. The episodes of both chats are open, and both have their timers."""

    def __init__(self, pool: Pool, client: Redis) -> None:
        self.pool, self.client = pool, client
        self.timers = Timers(client, lambda: NOW * 1000)
        self.pages = Pages()
        self.elapsed_s = 1_000.0
        self.ours = True
        catalogue, clock = cast("ServedBots", self.pages), ServerClock(NOW, lambda: 0.0)
        self.reconciler = Reconciler(
            pool, client, self.timers, catalogue, clock, lambda _: self.ours, lambda: self.elapsed_s
        )
        self.serve(LaneState.OPEN)

    def serve(self, state: LaneState, newest: Snapshot = NEWEST) -> None:
        self.pages.bots = {BOT: Served(BOT, "shop_bot", "", 25, state, 1, newest, 1)}

    async def begin(self, *of_chats: int) -> None:
        async with transaction(self.pool) as connection:
            await chats.flush(connection, [Life(BOT, chat, SILENCE) for chat in of_chats], SILENCE)
        wanted = [Beginning(BOT, chat, SILENCE, CLAIM, 1, "hello", "one", NOW) for chat in of_chats]
        await begin_episodes(self.pool, wanted, NOW)
        await self.timers.touch(BOT, [Sign(chat, SILENCE) for chat in of_chats], NEWEST.threshold_ms)

    async def lose(self, *of_chats: int) -> None:
        """What `end` or a touch in a finishing campaign does, and then its process dies."""
        await self.timers.end(BOT, of_chats)

    async def walk(self) -> Mended:
        """One whole walk, from the rest before it to its end; the first turn may only take the generation in."""
        self.elapsed_s += reconciling.REST_S
        total = Mended()
        for _ in range(12):
            mended = await self.reconciler.run_once()
            total = Mended(*(one + other for one, other in zip(total, mended, strict=True)))
        return total

    async def ended(self) -> dict[int, str | None]:
        rows = await self.pool.fetch("SELECT chat_id, reason FROM recovery_episodes ORDER BY chat_id")
        return {row["chat_id"]: row["reason"] for row in rows}

    async def statuses(self) -> list[str]:
        rows = await self.pool.fetch("SELECT status FROM recovery_deliveries ORDER BY chat_id")
        return [row["status"] for row in rows]


@pytest.fixture
async def ground(redis_url: str, database_url: str) -> AsyncIterator[Ground]:
    client = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        await pool.execute(_LIVE)
        ground = Ground(pool, client)
        await bot_state.set_generation(client, BOT, 1, run="")
        await ground.begin(CHAT, OTHER)
        yield ground
    await client.aclose()


async def pay(ground: Ground, paid_at_ms: int = NOW) -> None:
    async with transaction(ground.pool) as connection:
        await payments.record(connection, [Payment(BOT, "1", CHAT, 100, "BRL", payments.PAID, paid_at_ms)])


async def test_episodes_with_timers_are_left_alone(ground: Ground) -> None:
    before = await ground.timers.versions(BOT, [CHAT, OTHER])
    assert [await ground.walk() for _ in range(3)] == [Mended()] * 3
    assert await ground.timers.versions(BOT, [CHAT, OTHER]) == before
    assert await ground.ended() == {CHAT: None, OTHER: None}


@pytest.mark.parametrize("state", [LaneState.OPEN, LaneState.FINISHING])
async def test_a_payment_that_was_cut_off_ends_the_episode_and_is_credited(ground: Ground, state: LaneState) -> None:
    ground.serve(state)
    await pay(ground)
    await ground.lose(CHAT)
    assert [await ground.walk() for _ in range(3)] == [Mended(), Mended(ended=1), Mended()]
    assert await ground.ended() == {CHAT: "paid", OTHER: None}
    assert await ground.statuses() == ["cancelled", "scheduled"]
    assert await ground.pool.fetchval("SELECT paid_at FROM recovery_episodes WHERE chat_id = $1", CHAT) == NOW


async def test_a_payment_ends_nothing_where_customers_are_not_left_alone(ground: Ground) -> None:
    ground.serve(LaneState.OPEN, Snapshot("UTC", (STEP,), threshold_ms=60_000, skip_paid=False))
    await pay(ground)
    await ground.lose(CHAT)
    assert [await ground.walk() for _ in range(2)] == [Mended(), Mended(restored=1)]


@pytest.mark.parametrize("cause", ["opted_out", "unreachable"])
@pytest.mark.parametrize("state", [LaneState.OPEN, LaneState.FINISHING])
async def test_an_opt_out_or_a_block_that_was_cut_off_ends_the_episode(
    ground: Ground, cause: str, state: LaneState
) -> None:
    ground.serve(state)
    async with transaction(ground.pool) as connection:
        if cause == "opted_out":
            await chats.opt_out(connection, Life(BOT, CHAT, NOW))
        else:
            await chats.mark_unreachable(connection, [(BOT, CHAT)], NOW)
    await ground.lose(CHAT)
    assert [await ground.walk() for _ in range(2)] == [Mended(), Mended(ended=1)]
    assert await ground.ended() == {CHAT: cause, OTHER: None}
    assert await ground.statuses() == ["cancelled", "scheduled"]


async def test_a_return_that_was_never_written_down_ends_the_episode_of_a_finishing_campaign(ground: Ground) -> None:
    ground.serve(LaneState.FINISHING)
    await ground.timers.touch(BOT, [Sign(CHAT, 0)], None)
    assert [await ground.walk() for _ in range(2)] == [Mended(), Mended(ended=1)]
    assert await ground.ended() == {CHAT: "returned", OTHER: None}
    assert await ground.statuses() == ["cancelled", "scheduled"]


async def test_a_timer_that_redis_has_lost_comes_back_newer_than_its_last_claim(ground: Ground) -> None:
    await ground.lose(CHAT)
    assert [await ground.walk() for _ in range(2)] == [Mended(), Mended(restored=1)]
    assert await ground.ended() == {CHAT: None, OTHER: None}
    assert await ground.client.zscore(keys.of_bot(BOT).timers, str(CHAT)) == NOW
    (version,) = await ground.timers.versions(BOT, [CHAT])
    assert version
    assert version > CLAIM


async def test_what_ends_by_itself_between_two_walks_is_left_alone(ground: Ground) -> None:
    await ground.lose(CHAT)
    await ground.walk()
    async with transaction(ground.pool) as connection:
        await chats.flush(connection, [Life(BOT, CHAT, NOW)], NOW)
    assert await ground.walk() == Mended()


async def test_a_delivery_that_is_being_sent_is_left_to_its_claim(ground: Ground) -> None:
    await ground.lose(CHAT)
    await ground.pool.execute("UPDATE recovery_deliveries SET status = 'sending' WHERE chat_id = $1", CHAT)
    assert [await ground.walk() for _ in range(3)] == [Mended()] * 3


async def test_an_episode_without_an_open_delivery_goes_on(ground: Ground) -> None:
    """The reaper has given its delivery up, and the timer that would have gone on is lost."""
    await ground.lose(CHAT)
    for status in ("sending", "unknown"):
        await ground.pool.execute("UPDATE recovery_deliveries SET status = $2 WHERE chat_id = $1", CHAT, status)
    assert [await ground.walk() for _ in range(2)] == [Mended(), Mended(restored=1)]


@pytest.mark.parametrize("trouble", ["rebuilding", "another generation", "shut", "draining", "clocks", "another's"])
async def test_a_bot_whose_timers_or_lane_are_not_in_order_is_left_alone(ground: Ground, trouble: str) -> None:
    await ground.lose(CHAT)
    await ground.walk()
    if trouble == "rebuilding":
        await bot_state.forget_generation(ground.client, BOT)
    elif trouble == "another generation":
        await bot_state.set_generation(ground.client, BOT, 2, run="")
    elif trouble == "clocks":
        ground.pages.clocks_apart = True
    elif trouble == "another's":
        ground.ours = False
    else:
        ground.serve(LaneState(trouble))
    assert await ground.walk() == Mended()
    assert await ground.ended() == {CHAT: None, OTHER: None}


async def test_halves_of_chats_are_made_whole(ground: Ground) -> None:
    k = keys.of_bot(BOT)
    await ground.client.zrem(k.timers, str(CHAT))
    await ground.client.zadd(k.timers, {"99": NOW})
    assert await ground.walk() == Mended(halves=2)
    assert await ground.client.zscore(k.timers, str(CHAT)) == SILENCE + NEWEST.threshold_ms
    assert await ground.client.zscore(k.timers, "99") is None


async def test_a_walk_comes_to_every_page_and_remembers_no_more_than_it_may(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = range(1_000, 1_000 + BATCH)
    await ground.begin(*many)
    await ground.lose(*many)
    monkeypatch.setattr(reconciling, "MOST_MISSING", 100)
    assert [(await ground.walk()).restored for _ in range(3)] == [0, 100, 100]


async def test_each_bot_has_its_turn(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    ground.pages.bots = {bot: ground.pages.bots[BOT]._replace(bot_id=bot) for bot in (5, 6, BOT)}
    monkeypatch.setattr(ground.reconciler, "_go_on", lambda bot, _: _noted(looked, bot))
    for turn in range(6):
        ground.elapsed_s += turn
        await ground.reconciler.run_once()
    assert sorted(looked[:3]) == sorted(looked[3:]) == [5, 6, BOT]


async def _noted(looked: list[int], bot: Served) -> Mended:
    looked.append(bot.bot_id)
    return Mended()
