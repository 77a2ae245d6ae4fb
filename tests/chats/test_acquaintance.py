"""Some signs of life count only for people who have started the bot and can be written to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core.errors import UnreachableError
from engine.receiver.events import Charge, Renewal, SignOfLife, Wish
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.update_handler import UpdateHandler
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis.client import open_redis
from storage.redis.timers import Timers
from tests.missing_table import missing_table

BOT = 7
ANA, STRANGER = 5, 6
SEEN_MS = 1_700_000_000_999


class Desk:
    def __init__(self, pool: Pool, timers: Timers, effects: UpdateHandler) -> None:
        self.pool, self.timers, self.effects, self.activity = pool, timers, effects, effects.activity

    async def take(self, *signs: SignOfLife | Renewal) -> None:
        for sign in signs:
            await self.effects.take(BOT, sign)
        await self.activity.flush()

    async def armed(self, chat: int) -> bool:
        return await self.timers.versions(BOT, [chat]) != [None]

    async def rows(self) -> list[int]:
        return [row["chat_id"] for row in await self.pool.fetch("SELECT chat_id FROM chats ORDER BY chat_id")]

    async def forget_timer(self, chat: int) -> None:
        """As when an episode is over: only the row is left."""
        await self.timers.end(BOT, [chat])


@pytest.fixture
async def desk(database_url: str, redis_url: str) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        pool, client = await open_pool(database_url), open_redis(redis_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        timers = Timers(client)
        activity = Activity(pool, timers, lambda bot: Watched(bot, "shop_bot", b"", 60_000))
        endings = Endings(pool, client, timers, activity.name)
        yield Desk(pool, timers, UpdateHandler(client, activity, endings, OptOutReplies(lambda _: None)))


def sign(chat: int, payment: Charge | None = None, wish: Wish | None = None, *, if_known: bool) -> SignOfLife:
    return SignOfLife(chat, 0, "Ana", None, None, payment, wish, if_known)


async def test_a_stranger_begins_no_silence_and_is_not_remembered(desk: Desk) -> None:
    await desk.take(sign(STRANGER, if_known=True))
    assert not await desk.armed(STRANGER)
    assert await desk.rows() == []


async def test_somebody_with_a_timer_is_known_even_without_postgres(desk: Desk) -> None:
    await desk.activity.mark_user_activity(BOT, ANA, SEEN_MS)
    before = await desk.timers.versions(BOT, [ANA])
    async with missing_table(desk.pool, "chats"):
        await desk.effects.take(BOT, sign(ANA, if_known=True))
    assert await desk.timers.versions(BOT, [ANA]) != before


async def test_somebody_whose_episode_is_over_is_still_known(desk: Desk) -> None:
    await desk.take(sign(ANA, if_known=False))
    await desk.forget_timer(ANA)
    await desk.take(sign(ANA, if_known=True))
    assert await desk.armed(ANA)


async def test_while_nobody_can_say_whether_they_are_known_the_update_is_not_taken(desk: Desk) -> None:
    async with missing_table(desk.pool, "chats"):
        with pytest.raises(UnreachableError):
            await desk.effects.take(BOT, sign(STRANGER, if_known=True))


async def test_somebody_who_blocked_the_bot_comes_back_in_their_own_chat_only(desk: Desk) -> None:
    await desk.take(sign(ANA, if_known=False))
    await desk.effects.endings.lose(BOT, ANA, 0)
    await desk.take(sign(ANA, if_known=True))
    assert not await desk.armed(ANA)
    assert await desk.pool.fetchval("SELECT unreachable_since FROM chats") is not None


async def test_somebody_who_only_ever_blocked_the_bot_is_a_stranger(desk: Desk) -> None:
    await desk.effects.endings.lose(BOT, STRANGER, 0)
    await desk.take(sign(STRANGER, if_known=True))
    assert not await desk.armed(STRANGER)


async def test_a_strangers_payment_counts_and_begins_no_silence(desk: Desk) -> None:
    await desk.take(*[sign(STRANGER, Charge("paid_media:6:10", 0, "XTR"), if_known=True)] * 2)
    assert not await desk.armed(STRANGER)
    payments = await desk.pool.fetch("SELECT external_id, chat_id, amount, currency, status FROM payments")
    assert [tuple(row) for row in payments] == [("paid_media:6:10", STRANGER, 0, "XTR", "paid")]


@pytest.mark.parametrize("undo", [False, True])
async def test_a_strangers_wish_makes_nobody_known(desk: Desk, undo: bool) -> None:  # noqa: FBT001 - a parameter of the test
    await desk.take(*[sign(STRANGER, wish=Wish(undo, "q", "q"), if_known=True)] * 2, sign(STRANGER, if_known=True))
    assert not await desk.armed(STRANGER)
    assert await desk.rows() == []


async def test_the_wish_of_somebody_known_counts_wherever_it_is_made(desk: Desk) -> None:
    await desk.take(sign(ANA, if_known=False), sign(ANA, wish=Wish(undo=False, key="q"), if_known=True))
    assert not await desk.armed(ANA)
    assert await desk.pool.fetchval("SELECT opted_out_at FROM chats")


async def test_a_renewal_is_recorded_and_is_not_a_sign_of_life(desk: Desk) -> None:
    await desk.take(Renewal(ANA, SEEN_MS, Charge("c1", 5, "XTR")))
    assert not await desk.armed(ANA)
    assert await desk.rows() == []
    assert await desk.pool.fetchval("SELECT status FROM payments") == "paid"


async def test_the_questions_of_a_moment_share_one_look(desk: Desk) -> None:
    await desk.take(*(sign(chat, if_known=False) for chat in range(1, 4)))
    await desk.forget_timer(2)
    looks = [desk.activity.knows(BOT, chat) for chat in range(1, 6)]
    assert await asyncio.gather(*looks) == [True, True, True, False, False]
