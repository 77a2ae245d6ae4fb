"""A Chromium for each file, a sandbox and a visitor for each test, and where the pictures go.

These are the only tests that may be skipped: where no Chromium can be had, the page cannot be looked at.
SCREENSHOTS names the folder for the pictures; without it they go where pytest keeps temporary files.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from tests.browser.chromium import find_chromium, running
from tests.browser.devtools import DevTools
from tests.browser.visitor import Visitor
from tests.sandbox.caller import Caller


@pytest.fixture(scope="module")
def chromium() -> Iterator[str]:
    """Give the address of its DevTools."""
    program = find_chromium()
    if program is None:
        pytest.skip("no Chromium here: install one (apt-get install chromium) or name it in CHROMIUM")
    with running(program) as address:
        yield address


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("SCREENSHOTS")
    folder = Path(given) if given else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
async def devtools(chromium: str) -> AsyncIterator[DevTools]:
    async with DevTools.connected(chromium) as devtools:
        yield devtools


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(bots=2) as sandbox:
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.control_url) as client:
        yield client


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Caller]:
    """Calls the Bot API as the first bot."""
    async with aiohttp.ClientSession() as session:
        yield Caller(session, sandbox.api_url, sandbox.bots[0])


@pytest.fixture
async def person(client: SandboxClient) -> int:
    """A person who has started the first bot."""
    (person,) = await client.add_people(1)
    await client.start("shop_bot", person.id)
    return person.id


@pytest.fixture
async def visitor(devtools: DevTools, sandbox: Sandbox, pictures: Path) -> AsyncIterator[Visitor]:
    """Somebody with a browser; what the browser complained of, or loaded from elsewhere, fails the test."""
    async with devtools.tab() as tab:
        visitor = Visitor(tab, sandbox.control_url, pictures)
        await visitor.looks("light")
        yield visitor
        visitor.was_pleased()
