"""The sweeper on real servers, with a Telegram that answers as a test says: a bot's trouble stays its own."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import pytest

from engine.core.bot_identity import Speaker
from engine.core.delivery.lane_state import LaneState
from engine.core.delivery.outcome import Outcome, RetryLater, Sent, Unauthorized
from engine.core.errors import UnreachableError
from engine.poller.served_bots import Served, ServedBots
from engine.poller.sweeper import REFUSED_REST_MS, REST_MS, Sweep, Sweeper
from engine.runtime.server_clock import ServerClock
from engine.telegram.sender import Sender
from storage.postgres.pool import Pool
from storage.redis import bot_state
from storage.redis.client import Redis, open_redis

BOT, OTHER = 7, 8
NOW = 1_800_000_000_000
SENT = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, sent_at, message_ids, delete_at)
VALUES ($1, $2, 0, 'hello', 'one', 0, 'sent', 1, 3, 0, 0, '{9}', 0)
"""
DELETED = "SELECT bot_id FROM recovery_deliveries WHERE deleted_at IS NOT NULL ORDER BY bot_id"


class Telegram:
    """Answers each bot's deletions as it was told; one that was told nothing deletes."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[int, Outcome | Exception] = {}

    async def delete(self, speaker: Speaker, _chat_id: int, message_ids: tuple[int, ...]) -> Outcome:
        self.asked.append(speaker.token)
        answer = self.answers.get(speaker.bot_id, Sent(message_ids))
        if isinstance(answer, Exception):
            raise answer
        return answer


class Pages:
    def __init__(self) -> None:
        self.bots: dict[int, Served] = {}

    def show(self, bot_id: int, sealed: bytes = b"first", *, suspended: bool = False) -> None:
        state = LaneState.SHUT if suspended else LaneState.OPEN
        token = sealed.decode()
        bot = Served(bot_id, f"bot_{bot_id}", token, 25, state, 1, None, 0, sealed_token=sealed, suspended=suspended)
        self.bots[bot_id] = bot


class Site:
    """Two bots, each with a message that is to be deleted."""

    def __init__(self, pool: Pool, client: Redis) -> None:
        self.pool = pool
        self.client = client
        self.telegram = Telegram()
        self.pages = Pages()
        self.now_s = 0.0
        self.suspects: list[int] = []
        self.sweeper = Sweeper(
            pool,
            client,
            cast("Sender", self.telegram),
            cast("ServedBots", self.pages),
            ServerClock(NOW, lambda: self.now_s),
            lambda _: True,
            lambda bot: self.suspects.append(bot.bot_id),
        )

    async def turn_after(self, ms: int = 0) -> Sweep:
        """Begin what is due by then, and record what came of it."""
        self.now_s += ms / 1000
        await self.sweeper.run_once()
        await asyncio.sleep(0)
        return await self.sweeper.run_once()

    async def deleted(self) -> list[int]:
        return [row["bot_id"] for row in await self.pool.fetch(DELETED)]


@pytest.fixture
async def site(pool: Pool, redis_url: str) -> AsyncIterator[Site]:
    client = open_redis(redis_url)
    site = Site(pool, client)
    for bot_id in (BOT, OTHER):
        site.pages.show(bot_id)
        await pool.execute(SENT, bot_id, 41)
    yield site
    await client.aclose()


async def test_a_refused_token_is_suspected_once_and_left_alone_for_long(site: Site) -> None:
    site.telegram.answers[BOT] = Unauthorized()
    assert (await site.turn_after()).deleted == 1
    for _ in range(5):
        await site.turn_after(REST_MS)
    assert (await site.deleted(), site.suspects, len(site.telegram.asked)) == ([OTHER], [BOT], 2)
    await site.turn_after(REFUSED_REST_MS)
    assert len(site.telegram.asked) == 3


async def test_telegram_is_not_asked_for_a_suspended_bot_until_it_has_a_new_token(site: Site) -> None:
    site.pages.show(BOT, suspended=True)
    for _ in range(3):
        await site.turn_after(REFUSED_REST_MS)
    assert await site.deleted() == [OTHER]
    site.pages.show(BOT, b"second")
    await site.turn_after()
    assert (await site.deleted(), site.telegram.asked) == ([BOT, OTHER], ["first", "second"])


async def test_a_new_token_ends_the_rest_of_the_refused_one(site: Site) -> None:
    site.telegram.answers[BOT] = Unauthorized()
    await site.turn_after()
    del site.telegram.answers[BOT]
    site.pages.show(BOT, b"second")
    await site.turn_after()
    assert await site.deleted() == [BOT, OTHER]


@pytest.mark.parametrize("fault", [UnreachableError("gone"), RuntimeError("a bug")])
async def test_one_bots_fault_costs_no_other_its_results(site: Site, fault: Exception) -> None:
    site.telegram.answers[BOT] = fault
    assert (await site.turn_after()).deleted == 1
    assert await site.deleted() == [OTHER]


async def test_what_was_done_is_noted_before_redis_is_told_to_hold_a_bot(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Redis that fails then costs no result, and the bot rests all the same."""

    async def fails(*_: object) -> None:
        raise UnreachableError("gone")

    site.telegram.answers[BOT] = RetryLater(60_000, bot_wide=True)
    monkeypatch.setattr(bot_state, "hold", fails)
    with pytest.raises(UnreachableError):
        await site.turn_after()
    assert await site.deleted() == [OTHER]
    await site.turn_after(REST_MS)
    assert len(site.telegram.asked) == 2
