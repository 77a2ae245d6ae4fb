"""The whole engine in one event loop, with a real Valkey, a real PostgreSQL and the sandbox over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from bench.sandbox import Sandbox, SandboxClient
from engine import campaign_file
from engine.administration import campaigns
from engine.administration.registration import add
from engine.core.change import Change
from engine.poller import rebuild
from engine.poller.poller import Poller
from engine.poller.shard import Shard, agree
from engine.receiver.receiver import Receiver
from engine.settings import Secret, Settings, load_settings
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis
from storage.redis.ownership import Ownership, this_process
from storage.redis.server_clock import server_now_ms

BOT = "shop_bot"
PATIENCE_S = 20.0
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
CAMPAIGN = b"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, text: first}, {key: two, text: second}]
  - key: later
    schedule: 2s
    blocks: [{key: three, text: third}]
"""


class House:
    """One bot with a live campaign of two steps, the first of two blocks."""

    def __init__(self, settings: Settings, pool: Pool, redis: Redis, people: SandboxClient) -> None:
        self.settings = settings
        self.pool = pool
        self.redis = redis
        self.people = people
        self.bot = BOT
        self.receiver: Receiver | None = None

    async def publish(self, campaign: bytes, bot: str = BOT) -> None:
        change = Change("test", await server_now_ms(self.redis))
        draft = campaign_file.read(campaign, "campaign.yaml", self.settings.min_threshold_ms)
        await campaigns.import_draft(self.pool, bot, draft, self.settings.min_threshold_ms, change)
        await campaigns.publish(self.pool, bot, self.settings.min_threshold_ms, change)

    async def someone(self) -> int:
        """A person who has started the bot and falls silent."""
        (person,) = await self.people.add_people(1)
        await self.people.start(BOT, person.id)
        return person.id

    async def heard(self, *, arms: bool) -> None:
        """Wait until the receiver knows whether a sign of life arms a timer: it hears of changes a moment later."""
        bot_id: int = await self.pool.fetchval("SELECT id FROM bots WHERE username = $1", self.bot)
        async with asyncio.timeout(PATIENCE_S):
            while self._arms(bot_id) is not arms:  # noqa: ASYNC110 - nobody tells when it has heard
                await asyncio.sleep(0.02)

    def _arms(self, bot_id: int) -> bool | None:
        return None if self.receiver is None else self.receiver.activity.threshold_ms(bot_id) is not None

    async def told(self, person: int) -> list[str]:
        """The texts that the bot has sent to a person, in order."""
        transcript = await self.people.transcript(BOT, person)
        return [message.text or "" for message in transcript.messages if message.from_bot]

    async def ended(self, person: int, episodes: int = 1) -> list[str]:
        """Wait until this number of a person's episodes is over; returns their reasons, oldest first."""
        rows = await self.wait_for(
            "SELECT reason FROM recovery_episodes WHERE chat_id = $1 AND ended_at IS NOT NULL ORDER BY episode_id",
            episodes,
            person,
        )
        return [row["reason"] for row in rows]

    async def delivery(self, person: int, block: str, *statuses: str) -> asyncpg.Record:
        """Wait until a block's delivery has one of these statuses."""
        rows = await self.wait_for(
            "SELECT * FROM recovery_deliveries WHERE chat_id = $1 AND block_key = $2 AND status = ANY($3)",
            1,
            *(person, block, list(statuses)),
        )
        return rows[0]

    async def swept(self, person: int, block: str, done: str) -> asyncpg.Record:
        """Wait until a sweep has set `done` (deleted_at or edited_at) for a block's message."""
        query = f"SELECT * FROM recovery_deliveries WHERE chat_id = $1 AND block_key = $2 AND {done} IS NOT NULL"
        return (await self.wait_for(query, 1, person, block))[0]

    async def bot_status(self, status: str) -> None:
        await self.wait_for("SELECT 1 FROM bots WHERE username = $1 AND status = $2", 1, BOT, status)

    async def wait_for(self, query: str, count: int, *args: object) -> list[asyncpg.Record]:
        async with asyncio.timeout(PATIENCE_S):
            while len(rows := await self.pool.fetch(query, *args)) < count:  # noqa: ASYNC110 - the database is the signal
                await asyncio.sleep(0.05)
        return rows


def trust_one_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other receiver has touches to repeat, so there is no need to wait for one."""
    monkeypatch.setattr(rebuild, "_REPEATED_WITHIN_S", 0.0)


@asynccontextmanager
async def open_house(redis_url: str, database_url: str, **environ: str) -> AsyncIterator[House]:
    """`environ` adds to the settings."""
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=1))
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        settings = load_settings(
            {
                "REDIS_URL": redis_url,
                "DATABASE_URL": database_url,
                "ENCRYPTION_KEY": KEY,
                "TELEGRAM_API_URL": sandbox.api_url,
                "MIN_THRESHOLD_SECONDS": "1",
                **environ,
            },
            Path("no.env"),
        )
        redis, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(redis.aclose)
        stack.push_async_callback(pool.close)
        await add(settings, Secret(sandbox.bots[0].token))
        house = House(settings, pool, redis, people)
        await house.publish(CAMPAIGN)
        await campaigns.activate(pool, BOT, Change("test", await server_now_ms(redis)))
        await stack.enter_async_context(processes(house))
        yield house


@asynccontextmanager
async def processes(house: House) -> AsyncIterator[None]:
    """A receiver and a poller, until the story is over."""
    stop = asyncio.Event()
    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        house.receiver = receiver = Receiver(house.settings, session, house.pool, house.redis)
        shard = Shard(house.redis, Ownership(house.redis, this_process()), 0, await agree(house.redis, 0, None))
        poller = Poller(house.settings, shard, house.pool, house.redis, await server_now_ms(house.redis))
        group.create_task(receiver.run(stop))
        group.create_task(poller.run(stop))
        try:
            yield
        finally:
            stop.set()
