"""One bot's flood, with its true secret, keeps no other bot's update out."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest

from bench.sandbox.ports import listen as port_of
from engine.receiver.events import Event
from engine.receiver.http import slow_down
from engine.receiver.http.at_once import AtOnce
from engine.receiver.http.server import HttpServer, WebhookIntake
from engine.receiver.webhook_feed import PATH

FLOODED, QUIET = 7, 8
MOST = 3


class Door:
    """A receiver whose databases do not answer to the flooded bot until a test says so."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self.session, self.port = session, port
        self.answers = asyncio.Event()
        self.under_way = 0
        self.full = asyncio.Event()
        self.refused: list[int] = []

    async def take(self, bot_id: int, _: int, __: Event | None) -> None:
        if bot_id == FLOODED:
            self.under_way += 1
            if self.under_way == MOST:
                self.full.set()
            await self.answers.wait()

    async def post(self, bot_id: int, number: int) -> tuple[int, str | None]:
        url = f"http://127.0.0.1:{self.port}{PATH}/{bot_id}"
        headers = {"X-Telegram-Bot-Api-Secret-Token": "true"}
        async with self.session.post(url, json={"update_id": number}, headers=headers) as response:
            return response.status, response.headers.get("Retry-After")


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    with port_of(0) as free:
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        door = Door(session, port)
        intake = WebhookIntake(lambda _: ["true"], door.take, lambda: True, lambda: True, door.refused.append)
        server = HttpServer(intake, "127.0.0.1", port)
        server._at_once = AtOnce(server._too_many, MOST)
        await stack.enter_async_context(server.listening())
        yield door


async def test_a_refused_flood_gets_no_answer_for_a_while_and_another_bot_gets_its_own_at_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = asyncio.Event()

    async def hold(seconds: float) -> None:
        assert seconds == slow_down.HELD_S
        held.set()
        await door.answers.wait()

    monkeypatch.setattr(slow_down, "sleep", hold)
    flood = [asyncio.create_task(door.post(FLOODED, number)) for number in range(1, MOST + 2)]
    await held.wait()
    assert await door.post(QUIET, 1) == (200, None)
    assert not any(task.done() for task in flood)
    door.answers.set()
    assert sorted(status for status, _ in await asyncio.gather(*flood)) == [200] * MOST + [503]


async def test_answers_beyond_those_that_may_be_held_go_out(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_down, "MOST", 0)
    monkeypatch.setattr(slow_down, "HELD_S", math.inf)
    flood = [asyncio.create_task(door.post(FLOODED, number)) for number in range(1, MOST + 1)]
    await door.full.wait()
    assert await door.post(FLOODED, 9) == (503, "1")
    door.answers.set()
    await asyncio.gather(*flood)


async def test_a_flood_beyond_its_number_is_refused_and_another_bot_is_served_at_once(door: Door) -> None:
    flood = [asyncio.create_task(door.post(FLOODED, number)) for number in range(1, MOST + 1)]
    await door.full.wait()
    assert await door.post(FLOODED, 9) == (503, "1")
    assert await door.post(QUIET, 1) == (200, None)
    assert door.refused == [FLOODED]
    door.answers.set()
    assert {status for status, _ in await asyncio.gather(*flood)} == {200}
    assert await door.post(FLOODED, 9) == (200, None)
