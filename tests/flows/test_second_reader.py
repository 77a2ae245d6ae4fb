"""Stories of another program that takes a bot's updates: nobody who wrote gets a reminder; later silence is noticed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from bench.sandbox.protocol import Fault, FaultKind
from engine.administration import bots, feed_views
from engine.core.change import Change
from engine.core.feed_status import Unread
from engine.receiver.webhook_feed import PATH
from storage.redis.server_clock import server_now_ms
from tests.flows import house as houses
from tests.flows.house import BOT, House, open_house

PATIENCE_S = 60.0
THRESHOLD_MS = 2_000
TWO_STEPS = b"""
threshold: 2s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, text: first}]
  - key: later
    schedule: %s
    blocks: [{key: two, text: second}]
"""
AN_HOUR = TWO_STEPS % b"1h"
SECONDS = TWO_STEPS % b"6s"


class Reader:
    """Another program that holds the bot's token."""

    def __init__(self, house: House, session: aiohttp.ClientSession, token: str) -> None:
        self._house, self._session = house, session
        self._url = f"{house.settings.telegram_api_url}/bot{token}"

    async def ask(self, method: str, **given: Any) -> Any:
        async with self._session.post(f"{self._url}/{method}", data=given) as response:
            return await response.json()

    async def disturb(self) -> None:
        """Poll until one of the receiver's polls has ended for it."""
        async with asyncio.timeout(PATIENCE_S):
            while not await self._house.pool.fetchval("SELECT contested FROM bots"):
                await self.ask("getUpdates", timeout="0")

    async def steal(self, *writers: int) -> None:
        """Read what these people write, and acknowledge it, while the receiver does not read."""
        for person in writers:
            done = await self._house.people.write(BOT, person, "estou aqui!")
            assert done.update_id is not None
            answer = await self.ask("getUpdates", timeout="0")
            assert answer["result"][-1]["update_id"] == done.update_id
            assert (await self.ask("getUpdates", offset=str(done.update_id + 1), timeout="0"))["result"] == []


Theft: TypeAlias = Callable[[House, Reader, int], Awaitable[None]]


@asynccontextmanager
async def opened(
    redis_url: str, database_url: str, campaign: bytes = AN_HOUR, environ: dict[str, str] | None = None
) -> AsyncIterator[tuple[House, Reader]]:
    async with open_house(redis_url, database_url, **(environ or {})) as house, aiohttp.ClientSession() as session:
        await house.publish(campaign)
        async with asyncio.timeout(PATIENCE_S):
            while not await hears_threshold(house):  # noqa: ASYNC110 - nobody tells when it has heard
                await asyncio.sleep(0.02)
        (bot,) = await house.people.bots()
        yield house, Reader(house, session, bot.token)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """These stories wait for polls and pauses of several seconds."""
    monkeypatch.setattr(houses, "PATIENCE_S", PATIENCE_S)


async def hears_threshold(house: House) -> bool:
    return house.receiver is not None and house.receiver.activity.threshold_ms(await bot_id(house)) == THRESHOLD_MS


async def bot_id(house: House) -> int:
    return int(await house.pool.fetchval("SELECT id FROM bots"))


@asynccontextmanager
async def deaf(house: House) -> AsyncIterator[None]:
    """The receiver keeps the bot and does not read its updates, as in the pause after a failed turn."""
    assert house.receiver is not None
    bot = await bot_id(house)
    feeding = house.receiver._feeding[bot]
    feeding.task.cancel()
    await asyncio.gather(feeding.task, return_exceptions=True)
    yield
    del house.receiver._feeding[bot]


@asynccontextmanager
async def conflict(house: House, reader: Reader) -> AsyncIterator[None]:
    """The receiver has noticed the reader, and pauses."""
    while True:
        await reader.disturb()
        async with deaf(house):
            if await house.pool.fetchval("SELECT contested FROM bots"):
                yield
                return


async def someone_in_the_middle(house: House) -> int:
    """Somebody who waits for the second message."""
    person = await house.someone()
    await house.delivery(person, "one", "sent")
    await house.wait_for("SELECT 1 FROM recovery_deliveries WHERE chat_id = $1 AND block_key = 'two'", 1, person)
    return person


async def begins_again(house: House, person: int) -> None:
    """The doubted episode is over, and the first message of another goes out."""
    assert await house.ended(person) == ["doubted"]
    query = "SELECT 1 FROM recovery_deliveries WHERE chat_id = $1 AND block_key = 'one' AND status = 'sent'"
    await house.wait_for(query, 2, person)
    assert await house.told(person) == ["first", "first"]


async def nothing_was_claimed(house: House, since_ms: int) -> None:
    """Nobody was written to from then until the end of a whole silence after the doubt."""
    doubted_until = await house.pool.fetchval("SELECT doubted_until FROM bots")
    assert doubted_until >= since_ms
    rows = await house.pool.fetch(
        "SELECT chat_id, block_key, claimed_at - $1 AS after_ms FROM recovery_deliveries"
        " WHERE claimed_at BETWEEN $1 AND $2",
        *(since_ms, doubted_until + THRESHOLD_MS - 1),
    )
    assert [tuple(row) for row in rows] == []


async def test_a_reader_who_takes_an_update_costs_nobody_a_wrong_reminder(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url) as (house, reader):
        begun, armed = await someone_in_the_middle(house), await house.someone()
        async with conflict(house, reader):
            since_ms = await server_now_ms(house.redis)
            await reader.steal(begun, armed)
            found = await feed_views.feed(house.pool, house.redis, await bot_id(house))
            assert (found.unread, found.doubt, found.is_held) == (Unread.SECOND_READER, Unread.SECOND_READER, True)
        await begins_again(house, begun)
        await house.delivery(armed, "one", "sent")
        await nothing_was_claimed(house, since_ms)
        incidents = await house.pool.fetch("SELECT kind, closed_at IS NULL FROM incidents")
        assert [tuple(row) for row in incidents] == [("feed_second_reader", False)]


async def test_a_bot_whose_owner_trusts_it_goes_on_where_it_was(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url, SECONDS) as (house, reader):
        begun = await someone_in_the_middle(house)
        async with conflict(house, reader):
            await bots.trust(house.pool, BOT, Change("ana", await server_now_ms(house.redis)))
            found = await feed_views.feed(house.pool, house.redis, await bot_id(house))
            assert (found.unread, found.doubted_until_ms, found.is_held) == (None, None, False)
        assert await house.ended(begun) == ["completed"]
        assert await house.told(begun) == ["first", "second"]


def by_webhook() -> dict[str, str]:
    with port_of(0) as free:
        port = free.getsockname()[1]
    return {"WEBHOOK_URL": f"http://127.0.0.1:{port}", "PORT": str(port)}


async def polls_too(house: House, reader: Reader, writer: int) -> None:
    async with conflict(house, reader):
        await reader.steal(writer)


async def takes_the_webhook(house: House, reader: Reader, writer: int) -> None:
    await reader.ask("setWebhook", url="http://127.0.0.1:1/another/system")
    await house.wait_for("SELECT 1 FROM bots WHERE contested", 1)
    async with deaf(house):
        await reader.ask("deleteWebhook")
        await reader.steal(writer)


async def removes_the_webhook(house: House, reader: Reader, writer: int) -> None:
    """The receiver does not see it before the reader has read."""
    blind = await house.people.set_fault(Fault(FaultKind.INTERNAL_ERROR, method="getWebhookInfo"))
    await reader.ask("deleteWebhook")
    await reader.steal(writer)
    await house.people.remove_fault(blind.id)


@pytest.mark.parametrize(
    ("connect", "theft"),
    [(dict, polls_too), (dict, takes_the_webhook), (by_webhook, takes_the_webhook), (by_webhook, removes_the_webhook)],
)
async def test_a_theft_is_doubted_once(
    redis_url: str, database_url: str, connect: Callable[[], dict[str, str]], theft: Theft
) -> None:
    """The hole that it leaves in the numbers shows later, with the next update, and tells nothing new."""
    async with opened(redis_url, database_url, environ=connect()) as (house, reader):
        begun = await someone_in_the_middle(house)
        await theft(house, reader, begun)
        await house.wait_for("SELECT 1 FROM bots WHERE NOT contested AND doubted_until IS NOT NULL", 1)
        doubted_until = await house.pool.fetchval("SELECT doubted_until FROM bots")
        await begins_again(house, begun)
        done = await house.people.write(BOT, begun, "estou aqui!")
        assert await house.people.acknowledged_at(BOT, done.update_id or 0, PATIENCE_S) is not None
        assert await house.ended(begun, 2) == ["doubted", "returned"]
        assert await house.pool.fetchval("SELECT doubted_until FROM bots") == doubted_until


async def test_a_hole_in_the_numbers_of_a_webhook_is_a_reader_too(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url, environ=by_webhook()) as (house, reader):
        begun = await someone_in_the_middle(house)
        async with deaf(house):
            assert (await reader.ask("deleteWebhook"))["ok"]
            since_ms = await server_now_ms(house.redis)
            await reader.steal(begun)
            assert house.receiver is not None
            (secret,) = house.receiver._secrets_of(await bot_id(house)) or [""]
            url = f"{house.settings.webhook_url}{PATH}/{await bot_id(house)}"
            assert (await reader.ask("setWebhook", url=url, secret_token=secret))["ok"]
        await house.someone()
        await begins_again(house, begun)
        await nothing_was_claimed(house, since_ms)


async def test_a_hole_in_the_numbers_of_a_poll_is_a_reader_too(redis_url: str, database_url: str) -> None:
    """The other program read while no poll of ours was under way, so there was no conflict."""
    async with opened(redis_url, database_url) as (house, reader):
        begun = await someone_in_the_middle(house)
        async with deaf(house):
            since_ms = await server_now_ms(house.redis)
            await reader.steal(begun)
            await house.someone()
        await begins_again(house, begun)
        await nothing_was_claimed(house, since_ms)


async def test_a_foreign_webhook_is_named_and_what_it_read_is_doubted(redis_url: str, database_url: str) -> None:
    async with opened(redis_url, database_url) as (house, reader):
        person = await someone_in_the_middle(house)
        assert (await reader.ask("setWebhook", url="http://127.0.0.1:1/another/system"))["ok"]
        await house.wait_for("SELECT 1 FROM incidents WHERE kind = 'feed_foreign_webhook' AND closed_at IS NULL", 1)
        found = await feed_views.feed(house.pool, house.redis, await bot_id(house))
        assert (found.unread, found.host, found.held_until_ms) == (Unread.FOREIGN_WEBHOOK, "127.0.0.1", None)
        assert (await reader.ask("deleteWebhook"))["ok"]
        await begins_again(house, person)
