"""A running sandbox, its client, a person who has started the first bot, a caller of that bot, and a webhook."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver
from tests.sandbox.tour import Tour


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(bots=2, webhook_second=0.01) as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.control_url) as client:
        yield client


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def bot(session: aiohttp.ClientSession, sandbox: Sandbox) -> Caller:
    return Caller(session, sandbox.api_url, sandbox.bots[0])


@pytest.fixture
async def person(client: SandboxClient) -> int:
    """A person who has started the first bot."""
    (person,) = await client.add_people(1)
    await client.start("shop_bot", person.id)
    return person.id


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Answers 200 at once."""
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def slow_receiver() -> AsyncIterator[Receiver]:
    """Answers when the test says so."""
    async with Receiver(holding=True) as receiver:
        yield receiver


@pytest.fixture
async def tour(sandbox: Sandbox, client: SandboxClient, session: aiohttp.ClientSession) -> Tour:
    """A person who meets the first bot for the first time, and holds a file id of the second."""
    (person,) = await client.add_people(1)
    await client.send("photo", "course_bot", person.id)
    updates = (await Caller(session, sandbox.api_url, sandbox.bots[1])("getUpdates")).result
    return Tour(client, "shop_bot", person.id, updates[-1]["message"]["photo"][-1]["file_id"])
