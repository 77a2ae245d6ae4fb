"""Stories of another program that takes a bot's updates: nobody who wrote gets a reminder; later silence is noticed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from bench.sandbox.ports import listen as port_of
from engine.administration import bots, feed_views
from engine.core.change import Change
from engine.core.feed_status import Unread
from engine.receiver.webhook_feed import PATH
from storage.redis.server_clock import server_now_ms
from tests.flows.house import BOT, PATIENCE_S, House, open_house

THRESHOLD_MS = 2_000
SLOW = b"""
threshold: 2s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, text: first}]
  - key: later
    schedule: 6s
    blocks: [{key: two, text: second}]
"""


class Reader:
    """Another program that holds the bot's token."""

    def __init__(self, house: House, session: aiohttp.ClientSession, token: str) -> None:
        self._house, self._session = house, session
        self._url = f"{house.settings.telegram_api_url}/bot{token}"

    async def ask(self, method: str, **given: Any) -> Any:
        async with self._session.post(f"{self._url}/{method}", data=given) as response:
            return await response.json()

    async def take(self, *writers: int) -> None:
        """Read what these people write, and acknowledge it."""
        await self.take_waiting(await self.disturb(), *writers)

    async def disturb(self) -> "asyncio.Task[Any]":
        """A poll that waits at Telegram because it has ended one of the receiver's."""
        waiting = asyncio.create_task(self.ask("getUpdates", timeout="20"))
        async with asyncio.timeout(PATIENCE_S):
            while not await self._house.pool.fetchval("SELECT contested FROM bots"):
                if waiting.done():
                    waiting = asyncio.create_task(self.ask("getUpdates", timeout="20"))
                await asyncio.sleep(0.02)
        return waiting

    async def take_waiting(self, waiting: "asyncio.Task[Any] | None", *writers: int) -> None:
        last = 0
        for person in writers:
            await self._house.people.write(BOT, person, "estou aqui!")
            waiting = waiting or asyncio.create_task(self.ask("getUpdates", offset=str(last + 1), timeout="20"))
            answer = await waiting
            assert answer["ok"], answer
            last, waiting = answer["result"][-1]["update_id"], None
        assert (await self.ask("getUpdates", offset=str(last + 1), limit="1", timeout="0"))["ok"]


@asynccontextmanager
async def opened(redis_url: str, database_url: str, **environ: str) -> AsyncIterator[tuple[House, Reader]]:
    async with open_house(redis_url, database_url, **environ) as house, aiohttp.ClientSession() as session:
        await house.publish(SLOW)
        async with asyncio.timeout(PATIENCE_S):
            while not await hears_threshold(house):  # noqa: ASYNC110 - nobody tells when it has heard
                await asyncio.sleep(0.02)
        (bot,) = await house.people.bots()
        yield house, Reader(house, session, bot.token)


async def hears_threshold(house: House) -> bool:
    return house.receiver is not None and house.receiver.activity.threshold_ms(await bot_id(house)) == THRESHOLD_MS


async def bot_id(house: House) -> int:
    return int(await house.pool.fetchval("SELECT id FROM bots"))


async def begun_and_armed(house: House) -> tuple[int, int]:
    """Somebody in the middle of a sequence, and somebody whose silence is not long enough yet."""
    begun = await house.someone()
    await house.delivery(begun, "one", "sent")
    return begun, await house.someone()


async def nobody_was_written_to(house: House, since_ms: int) -> None:
    """Nothing left between the stolen sign of life and the end of a whole silence after the doubt."""
    (doubted_until,) = await house.pool.fetchrow("SELECT doubted_until FROM bots") or (0,)
    rows = await house.pool.fetch(
        "SELECT chat_id, block_key, sent_at - $1 AS after_ms FROM recovery_deliveries WHERE sent_at BETWEEN $1 AND $2",
        *(since_ms, doubted_until + THRESHOLD_MS - 1),
    )
    assert [tuple(row) for row in rows] == []


async def test_a_reader_who_takes_an_update_costs_nobody_a_wrong_reminder(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url) as (house, reader):
        begun, armed = await begun_and_armed(house)
        await reader.take(begun, armed)
        since_ms = await server_now_ms(house.redis)
        await house.wait_for("SELECT 1 FROM bots WHERE NOT contested AND doubted_until IS NOT NULL", 1)
        found = await feed_views.feed(house.pool, house.redis, await bot_id(house))
        assert (found.unread, found.doubt, found.is_held) == (None, Unread.SECOND_READER, True)
        assert await house.ended(begun, 2) == ["doubted", "completed"]
        assert await house.ended(armed) == ["completed"]
        assert await house.told(begun) == ["first", "first", "second"]
        assert await house.told(armed) == ["first", "second"]
        await nobody_was_written_to(house, since_ms)
        incidents = await house.pool.fetch("SELECT kind, closed_at IS NULL FROM incidents")
        assert [tuple(row) for row in incidents] == [("feed_second_reader", False)]


async def test_a_bot_whose_owner_trusts_it_goes_on_where_it_was(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url) as (house, reader):
        begun = await house.someone()
        await house.delivery(begun, "one", "sent")
        waiting = await reader.disturb()
        await house.wait_for("SELECT 1 FROM bots WHERE doubted_until IS NOT NULL AND NOT contested", 1)
        await waiting
        await bots.trust(house.pool, BOT, Change("ana", await server_now_ms(house.redis)))
        assert await house.ended(begun) == ["completed"]
        assert await house.told(begun) == ["first", "second"]


async def test_a_hole_in_the_numbers_of_a_webhook_is_a_reader_too(redis_url: str, database_url: str) -> None:
    with port_of(0) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    async with opened(redis_url, database_url, WEBHOOK_URL=address, PORT=str(port)) as (house, reader):
        begun, armed = await begun_and_armed(house)
        assert (await reader.ask("deleteWebhook"))["ok"]
        await reader.take_waiting(None, begun, armed)
        assert house.receiver is not None
        (secret,) = house.receiver._secrets_of(await bot_id(house)) or [""]
        url = f"{address}{PATH}/{await bot_id(house)}"
        assert (await reader.ask("setWebhook", url=url, secret_token=secret))["ok"]
        since_ms = await server_now_ms(house.redis)
        await house.someone()
        await house.wait_for("SELECT 1 FROM bots WHERE NOT contested AND doubted_until IS NOT NULL", 1)
        assert await house.ended(begun, 2) == ["doubted", "completed"]
        assert await house.ended(armed) == ["completed"]
        assert await house.told(begun) == ["first", "first", "second"]
        await nobody_was_written_to(house, since_ms)


async def test_a_foreign_webhook_is_named_and_what_it_read_is_doubted(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url) as (house, reader):
        person = await house.someone()
        await house.delivery(person, "one", "sent")
        assert (await reader.ask("setWebhook", url="http://127.0.0.1:1/another/system"))["ok"]
        await house.wait_for("SELECT 1 FROM incidents WHERE kind = 'feed_foreign_webhook' AND closed_at IS NULL", 1)
        found = await feed_views.feed(house.pool, house.redis, await bot_id(house))
        assert (found.unread, found.host, found.held_until_ms) == (Unread.FOREIGN_WEBHOOK, "127.0.0.1", None)
        assert (await reader.ask("deleteWebhook"))["ok"]
        assert await house.ended(person, 2) == ["doubted", "completed"]
        assert await house.told(person) == ["first", "first", "second"]


async def test_a_hole_in_the_numbers_of_a_poll_is_a_reader_too(redis_url: str, database_url: str) -> None:
    """The other program read while no poll of ours was under way, so there was no conflict."""
    async with opened(redis_url, database_url) as (house, reader):
        begun = await house.someone()
        await house.delivery(begun, "one", "sent")
        assert house.receiver is not None
        feeding = house.receiver._feeding[await bot_id(house)]
        feeding.task.cancel()
        await asyncio.gather(feeding.task, return_exceptions=True)
        await reader.take_waiting(None, begun)
        await house.someone()
        del house.receiver._feeding[await bot_id(house)]
        assert await house.ended(begun, 2) == ["doubted", "completed"]
