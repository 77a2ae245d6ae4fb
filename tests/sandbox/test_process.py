"""The sandbox and its demo as processes of their own: what they print, and how they stop."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import LimitRules
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver


async def started(module: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments, stdout=PIPE, stderr=PIPE)


async def line(process: Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


@pytest.fixture
async def process() -> AsyncIterator[Process]:
    process = await started("bench.sandbox", "--bots", "2", "--seed", "4")
    yield process
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def announced(process: Process) -> dict[str, Any]:
    ready: dict[str, Any] = json.loads(await line(process))
    return ready


async def test_it_prints_one_line_when_it_is_ready(process: Process, session: aiohttp.ClientSession) -> None:
    ready = await announced(process)
    cast = Sandbox(2, seed=4).bots
    assert [bot["token"] for bot in ready["bots"]] == [bot.token for bot in cast]
    assert (await Caller(session, ready["api_url"], cast[1])("getMe")).result["id"] == cast[1].id
    assert all(urlsplit(ready[url]).hostname == "127.0.0.1" for url in ("api_url", "control_url"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_even_while_a_poll_waits(
    process: Process, session: aiohttp.ClientSession, number: signal.Signals
) -> None:
    ready = await announced(process)
    caller = Caller(session, ready["api_url"], Sandbox(2, seed=4).bots[0])
    poll = asyncio.create_task(caller("getUpdates", timeout=50))
    async with SandboxClient(ready["control_url"]) as client:
        await client.open_requests()
    process.send_signal(number)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")
    with pytest.raises(aiohttp.ClientError):
        await poll


async def test_a_signal_stops_it_even_while_a_delivery_waits(
    process: Process, session: aiohttp.ClientSession, slow_receiver: Receiver
) -> None:
    ready = await announced(process)
    await Caller(session, ready["api_url"], Sandbox(2, seed=4).bots[0])("setWebhook", url=slow_receiver.url)
    async with SandboxClient(ready["control_url"]) as client:
        (person,) = await client.add_people(1)
        await client.start("shop_bot", person.id)
    await slow_receiver.next()
    process.send_signal(signal.SIGTERM)
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")


async def test_a_port_in_use_is_named(sandbox: Sandbox) -> None:
    port = str(urlsplit(sandbox.api_url).port)
    process = await started("bench.sandbox", "--port", port)
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in err.decode()


async def test_the_demo_prints_each_act_of_its_person(sandbox: Sandbox, session: aiohttp.ClientSession) -> None:
    demo = await started("bench.sandbox.demo", "--control", sandbox.control_url, "--rounds", "1")
    told = [await line(demo), await line(demo)]
    bot = Caller(session, sandbox.api_url, sandbox.bots[0])
    updates = (await bot("getUpdates")).result
    await bot("sendMessage", chat_id=updates[0]["message"]["chat"]["id"], text="Come back?")
    out, err = await demo.communicate()
    told += out.decode().splitlines()
    assert (demo.returncode, err) == (0, b"")
    assert [sentence.split(maxsplit=2)[2] for sentence in told] == [
        "starts @shop_bot",
        "writes, and falls silent",
        "receives: Come back?",
        "answers, and falls silent again",
    ]


async def test_limits_are_set_on_the_command_line() -> None:
    process = await started("bench.sandbox", "--limits", "--bot-limit", "7", "--chat-limit", "0", "--absorb", "0.5")
    try:
        async with SandboxClient((await announced(process))["control_url"]) as client:
            assert (await client.limits()).rules == LimitRules(7, 1000, None, absorb_ms=500)
    finally:
        process.terminate()
        await process.communicate()


async def test_an_invalid_limit_is_named() -> None:
    process = await started("bench.sandbox", "--bot-limit", "-1")
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert "Expected `int` >= 1 - at `$.bot_per_second`" in err.decode()
