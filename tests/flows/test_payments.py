"""A payment at every point of a sequence, reported by Telegram or by the bot's own code.

Once it is acknowledged, nothing passes the fence: at most the one message on the wire arrives, and is recorded as such.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from bench.sandbox.protocol import Fault, FaultKind
from engine.administration import api_keys
from engine.core.change import Change
from engine.poller.batched_io import Doors
from storage.redis.timer_values import Fence, LastLook
from storage.redis.timers import Timers
from tests.flows.house import BOT, PATIENCE_S, House, open_house, trust_one_receiver

Pay = Callable[[int], Awaitable[None]]
SLOWLY = b"""
threshold: 1s
zone: America/Sao_Paulo
steps:
  - key: hello
    schedule: now
    blocks: [{key: one, text: first}, {key: two, text: second, delay: 3s}]
"""


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    with port_of(0) as free:
        port = str(free.getsockname()[1])
    async with open_house(redis_url, database_url, PUBLIC_URL=f"http://127.0.0.1:{port}", PORT=port) as house:
        yield house
        assert (await house.people.violations()).listed == []


@pytest.fixture(params=["in the chat", "by the API"])
async def pay(request: pytest.FixtureRequest, house: House) -> AsyncIterator[Pay]:
    """A function that pays, and returns once the payment is acknowledged."""

    async def in_the_chat(person: int) -> None:
        paid = await house.people.pay(BOT, person)
        assert paid.update_id is not None
        assert await house.people.acknowledged_at(BOT, paid.update_id, PATIENCE_S) is not None

    bot_id: int = await house.pool.fetchval("SELECT id FROM bots")
    key = (await api_keys.add(house.pool, BOT, "main", Change("test", 1))).reveal()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:

        async def by_the_api(person: int) -> None:
            url = f"{house.settings.public_url}/v1/bots/{bot_id}/payments"
            payment = {"external_id": f"p{person}", "chat_id": person, "amount": 1, "currency": "XTR"}
            async with asyncio.timeout(PATIENCE_S):
                while await _status(session, url, payment) != 200:  # noqa: ASYNC110 - the key is heard of soon
                    await asyncio.sleep(0.02)

        yield in_the_chat if request.param == "in the chat" else by_the_api


async def _status(session: aiohttp.ClientSession, url: str, content: Any) -> int:
    async with session.post(url, json=content) as response:
        return response.status


async def nothing_follows(house: House, person: int) -> None:
    """Wait until whatever the payment armed again has ended and no timer is left."""
    bot_id: int = await house.pool.fetchval("SELECT id FROM bots")
    async with asyncio.timeout(PATIENCE_S):
        while await Timers(house.redis).versions(bot_id, [person]) != [None]:  # noqa: ASYNC110 - Redis is the signal
            await asyncio.sleep(0.02)
    rows = await house.pool.fetch("SELECT reason FROM recovery_episodes WHERE chat_id = $1", person)
    assert {row["reason"] for row in rows} <= {"paid"}


async def test_before_the_check_is_due(house: House, pay: Pay) -> None:
    person = await house.someone()
    await pay(person)
    await nothing_follows(house, person)
    assert await house.told(person) == []


async def test_between_two_blocks(house: House, pay: Pay) -> None:
    await house.publish(SLOWLY)
    person = await house.someone()
    await house.delivery(person, "one", "sent")
    await pay(person)
    assert (await house.delivery(person, "two", "cancelled"))["reason"] == "paid"
    await nothing_follows(house, person)
    assert await house.told(person) == ["first"]
    assert await house.pool.fetchval("SELECT paid_at > episode_id FROM recovery_episodes ORDER BY episode_id")


async def test_between_claim_and_send(house: House, pay: Pay, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed, paid = asyncio.Event(), asyncio.Event()
    look = Doors.pass_

    async def late_look(doors: Doors, bot_id: int, last: LastLook) -> Fence:
        claimed.set()
        await paid.wait()
        return await look(doors, bot_id, last)

    monkeypatch.setattr(Doors, "pass_", late_look)
    person = await house.someone()
    await asyncio.wait_for(claimed.wait(), PATIENCE_S)
    await pay(person)
    paid.set()
    assert (await house.delivery(person, "one", "cancelled"))["reason"] == "paid"
    await nothing_follows(house, person)
    assert await house.told(person) == []


async def test_with_one_message_on_the_wire(house: House, pay: Pay) -> None:
    await house.people.set_fault(Fault(FaultKind.SLOW, method="sendMessage", count=1, latency_ms=2_000))
    person = await house.someone()
    async with asyncio.timeout(PATIENCE_S):
        while not await house.told(person):  # noqa: ASYNC110 - the sandbox is the signal
            await asyncio.sleep(0.02)
    await pay(person)
    assert (await house.delivery(person, "one", "sending", "sent"))["status"] == "sending"
    assert (await house.delivery(person, "one", "sent"))["crossed"]
    await nothing_follows(house, person)
    assert await house.told(person) == ["first"]
