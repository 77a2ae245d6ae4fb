"""A server that does not answer, or not any more: a call ends, and nobody reads the answer to another one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest

from engine.core.errors import UnreachableError
from storage.redis import bot_state, ephemeral, new_chats, shards
from storage.redis.client import MOST_CONNECTIONS, Redis, check_redis, open_redis
from storage.redis.ownership import Ownership
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import NextTimer, Sign
from storage.redis.timers import Timers

BOT: Final = 7
LIMIT: Final = "storage.redis.client._TIMEOUT_S"

CALLS: Final[dict[str, Callable[[Redis], Coroutine[Any, Any, object]]]] = {
    "a script": lambda client: Timers(client).touch(BOT, [Sign(1, 0)], 1_000),
    "a script on many keys": lambda client: Ownership(client, "me").take_all(["rt:one", "rt:two"], 1_000),
    "a script of many bots": lambda client: Timers(client).settle_each([(BOT, [NextTimer(1, 1, -1)])] * 2),
    "a command": lambda client: ephemeral.put(client, "rt:key", "written", 60),
    "a pipeline": lambda client: new_chats.admit(client, BOT, 1, 10),
    "two commands": lambda client: bot_state.hold(client, BOT, 1),
    "a number": lambda client: shards.change(client, 2),
}


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    for call in CALLS.values():
        await call(client)
    yield client
    await client.aclose()


@pytest.fixture
async def observer(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


@asynccontextmanager
async def no_writes(observer: Redis) -> AsyncIterator[None]:
    """The server reads what comes and answers afterwards."""
    await observer.client_pause(60_000, all=False)
    try:
        yield
    finally:
        await observer.client_unpause()


async def blocked(observer: Redis) -> None:
    while not int((await observer.info("clients"))["blocked_clients"]):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.001)


async def reads_its_own_answers(client: Redis) -> None:
    """On every connection."""
    keys = [f"rt:own:{number}" for number in range(2 * MOST_CONNECTIONS)]
    await asyncio.gather(*(ephemeral.put(client, key, key, 60) for key in keys))
    assert await asyncio.gather(*(ephemeral.find(client, key) for key in keys)) == keys
    owned = await asyncio.gather(*(Ownership(client, key).take(key, 0) for key in keys[:3]))
    assert all(isinstance(one.epoch, int) for one in owned)


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_that_is_not_answered_ends_and_leaves_nothing_behind(
    client: Redis, observer: Redis, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    async with no_writes(observer):
        with monkeypatch.context() as shorter:
            shorter.setattr(LIMIT, 0.1)
            with pytest.raises(UnreachableError, match=r"\(no answer within 0.1 s\): check REDIS_URL"):
                await CALLS[name](client)
    await reads_its_own_answers(client)


@pytest.mark.parametrize("name", CALLS)
async def test_a_cancelled_call_ends_as_cancelled_and_leaves_nothing_behind(
    client: Redis, observer: Redis, name: str
) -> None:
    async with no_writes(observer):
        call = asyncio.create_task(CALLS[name](client))
        await blocked(observer)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await reads_its_own_answers(client)


async def test_more_late_calls_than_connections_leave_every_connection_usable(
    client: Redis, observer: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with no_writes(observer):
        with monkeypatch.context() as shorter:
            shorter.setattr(LIMIT, 0.3)
            late = await asyncio.gather(
                *(CALLS["a command"](client) for _ in range(2 * MOST_CONNECTIONS)), return_exceptions=True
            )
        assert all(isinstance(one, UnreachableError) for one in late)
    await reads_its_own_answers(client)


@pytest.mark.parametrize("name", CALLS)
async def test_a_cancellation_is_never_swallowed_whenever_it_comes(client: Redis, name: str) -> None:
    """It meets the call at each step that the loop makes for it, the one in which it succeeds included."""
    steps = done = 0
    while not done:
        call = asyncio.create_task(CALLS[name](client))
        for _ in range(steps):
            await asyncio.sleep(0)
        done = not call.cancel()
        if not done:
            with pytest.raises(asyncio.CancelledError):
                await call
        steps += 1
    await reads_its_own_answers(client)


async def test_a_connection_that_the_server_closed_is_opened_again_before_the_next_call(
    client: Redis, observer: Redis
) -> None:
    await asyncio.gather(*(ephemeral.put(client, "rt:key", "", 60) for _ in range(MOST_CONNECTIONS)))
    asked: Any = observer  # its types know no such arguments
    await asked.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    await reads_its_own_answers(client)


@pytest.mark.parametrize("ask", [check_redis, server_now_ms, CALLS["a script"], CALLS["a pipeline"]])
async def test_a_server_that_takes_connections_and_says_nothing_is_unreachable(
    ask: Callable[[Redis], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LIMIT, 0.1)
    gone = asyncio.Event()

    async def say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    client = open_redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
    with pytest.raises(UnreachableError, match=r"no answer within 0.1 s\): check REDIS_URL"):
        await ask(client)
    gone.set()
    server.close()
    await client.aclose()
