"""Whatever ends a call, the next one finds a free connection: shown with a pool that has a single one."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.core.errors import UnreachableError
from storage.redis import ephemeral
from storage.redis.client import Redis, open_redis
from storage.redis.server_clock import server_now_ms


@pytest.fixture
async def client(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Redis]:
    monkeypatch.setattr("storage.redis.client.MOST_CONNECTIONS", 1)
    client = open_redis(redis_url)
    yield client
    await client.aclose()


def free(client: Redis) -> int:
    pool: Any = client.connection_pool
    return int(pool._free._value)


async def works(client: Redis) -> None:
    assert free(client) == 1
    await ephemeral.put(client, "rt:own", "own", 60)
    assert await ephemeral.find(client, "rt:own") == "own"
    assert free(client) == 1


async def rest(_: Redis) -> None:
    """Leave the connection as the last call did."""


async def hang_up(client: Redis) -> None:
    """The server closes the connection."""
    pool: Any = client.connection_pool
    for connection in pool._available_connections:
        connection._writer.close()
        await connection._writer.wait_closed()


async def be_new(client: Redis) -> None:
    await client.connection_pool.disconnect()


async def be_marked(client: Redis) -> None:
    """The library closes a connection so marked as it comes back."""
    pool: Any = client.connection_pool
    for connection in pool._available_connections:
        connection.mark_for_reconnect()


@pytest.mark.parametrize("before", [rest, hang_up, be_new, be_marked])
async def test_a_cancellation_at_any_step_leaves_the_connection_free(client: Redis, before: Any) -> None:
    steps = done = 0
    while not done:
        await works(client)
        await before(client)
        call = asyncio.create_task(server_now_ms(client))
        for _ in range(steps):
            await asyncio.sleep(0)
        done = not call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        steps += 1
    await works(client)


async def test_a_cancellation_while_another_call_has_the_connection_takes_none(client: Redis) -> None:
    for steps in range(20):
        calls = [asyncio.create_task(server_now_ms(client)) for _ in range(4)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await works(client)


async def test_a_connection_that_cannot_be_made_holds_no_place(client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OSError("no more files")

    with monkeypatch.context() as failing:
        failing.setattr(client.connection_pool, "connection_class", fail)
        for _ in range(3):
            with pytest.raises(UnreachableError, match="no more files"):
                await server_now_ms(client)
    await works(client)


async def test_a_server_that_is_not_there_holds_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.redis.client.MOST_CONNECTIONS", 1)
    client = open_redis("redis://127.0.0.1:1/0")
    for _ in range(3):
        with pytest.raises(UnreachableError):
            await server_now_ms(client)
    assert free(client) == 1
    await client.aclose()


async def test_a_connection_given_back_twice_makes_no_second_place(client: Redis) -> None:
    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    await pool.release(connection)
    with pytest.raises(KeyError):
        await pool.release(connection)
    await works(client)


async def test_a_connection_that_fails_to_close_comes_back(client: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(**_: object) -> None:
        raise OSError("reset")

    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    connection.mark_for_reconnect()
    with monkeypatch.context() as failing:
        failing.setattr(connection, "disconnect", fail)
        with pytest.raises(OSError, match="reset"):
            await pool.release(connection)
    await works(client)
