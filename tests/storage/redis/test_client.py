"""A Redis that could lose timers is refused, and one that is absent raises one error everywhere."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.core.errors import UnreachableError
from storage.redis import bot_state, chat_states, ephemeral, server_identity, shards
from storage.redis.client import MOST_CONNECTIONS, Redis, check_redis, open_redis, reaching_redis
from storage.redis.server_clock import server_now_ms
from tests.flows import access
from tests.storage.redis.test_silent_server import CALLS
from tests.tls import join

BOT = 7


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url)
    yield client
    await client.aclose()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
async def test_a_server_that_may_evict_is_refused_with_the_mend(client: Redis, policy: str) -> None:
    await client.config_set("maxmemory-policy", policy)
    try:
        with pytest.raises(UnreachableError, match=rf"is {policy}\): set `maxmemory-policy noeviction`"):
            await check_redis(client)
    finally:
        await client.config_set("maxmemory-policy", "noeviction")
    await check_redis(client)


async def test_any_number_of_calls_at_once_shares_a_bounded_number_of_connections(client: Redis) -> None:
    before = int((await client.info("clients"))["connected_clients"])
    await asyncio.gather(*[ephemeral.put(client, f"key {number}", "", 60) for number in range(8 * MOST_CONNECTIONS)])
    assert int((await client.info("clients"))["connected_clients"]) - before < MOST_CONNECTIONS


def reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_a_server_behind_a_socket_of_this_machine_is_reached_through_it(redis_url: str, tmp_path: Path) -> None:
    server = urlsplit(redis_url)
    visits: list[asyncio.Task[None]] = []

    async def visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join(reader, writer, server.port or 0)
        await writer.wait_closed()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visits.append(asyncio.create_task(visit(reader, writer)))

    async with await asyncio.start_unix_server(welcome, tmp_path / "redis.sock"):
        client = open_redis(f"unix://{tmp_path}/redis.sock?password={server.password}")
        await check_redis(client)
        await client.aclose()
        await asyncio.gather(*visits)
    assert len(visits) == 1


async def test_an_absent_socket_is_refused_with_its_own_name(tmp_path: Path) -> None:
    client = open_redis(f"unix://{tmp_path}/absent.sock")
    with pytest.raises(UnreachableError, match=r"absent\.sock"):
        await check_redis(client)
    await client.aclose()


@pytest.mark.parametrize("hang_up", [asyncio.StreamWriter.close, reset], ids=["closed", "reset"])
async def test_a_server_that_hangs_up_is_refused_with_the_mend(hang_up: Callable[[asyncio.StreamWriter], None]) -> None:
    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1_000)
        hang_up(writer)

    async with await asyncio.start_server(welcome, "127.0.0.1", 0) as server:
        client = open_redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
        with pytest.raises(UnreachableError, match="rediss:// if it takes TLS, and ssl_certfile"):
            await check_redis(client)
        await client.aclose()


async def test_an_absent_server_is_refused_with_the_mend() -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match="check REDIS_URL"):
        await check_redis(client)
    await client.aclose()


RIGHTS = ("on", ">word", "~rt:*", "+@all")
ALLOWED = "allow the user of REDIS_URL the commands and keys that docs/access.md lists"
LOGIN = "write the server's user and password in REDIS_URL"


@pytest.mark.parametrize(
    ("rights", "login", "mend"),
    [
        ((*RIGHTS, "-info"), "user:word@", ALLOWED),
        (RIGHTS, "user:wrong@", LOGIN),
        (RIGHTS, "", LOGIN),
        ((*RIGHTS, "off"), "user:word@", LOGIN),
    ],
)
async def test_a_user_who_may_not_come_in_is_told_what_to_mend(
    client: Redis, redis_url: str, rights: tuple[str, ...], login: str, mend: str
) -> None:
    async with user_with(client, redis_url, rights, login) as theirs:
        with pytest.raises(UnreachableError, match="Redis cannot be used") as refused:
            await check_redis(theirs)
    assert mend in str(refused.value)


@pytest.mark.parametrize("lacks", [("-set",), ("-evalsha",), ("-zadd",), ("-hset",), ("resetkeys", "~others:*")])
async def test_a_user_who_lacks_a_right_is_told_what_to_mend(
    client: Redis, redis_url: str, lacks: tuple[str, ...]
) -> None:
    """Scripts included: a refusal inside of them comes in other words."""
    async with user_with(client, redis_url, (*RIGHTS, *lacks), "user:word@") as theirs:
        with pytest.raises(UnreachableError) as refused:
            await _use(theirs, await client.script_load("return redis.call('ZADD', KEYS[1], 1, 'one')"))
    assert str(refused.value).endswith(f": {ALLOWED}.")


@pytest.mark.parametrize("name", CALLS)
async def test_the_documented_rights_are_enough_for_each_kind_of_call(client: Redis, redis_url: str, name: str) -> None:
    user, rules = access.redis_rules()
    async with user_with(client, redis_url, tuple(rules), f"{user}:{access.PASSWORD}@", user) as theirs:
        await CALLS[name](theirs)


async def _use(client: Redis, script: str) -> None:
    await server_identity.life_of(client)
    async with reaching_redis():
        pipeline: Any = client.pipeline()
        await pipeline.hset("rt:piped", "field", "").execute()
        await client.evalsha(script, 1, "rt:scripted")


@asynccontextmanager
async def user_with(
    client: Redis, url: str, rights: tuple[str, ...], login: str, user: str = "user"
) -> AsyncIterator[Redis]:
    asked: Any = client  # its types know no command of this name
    await asked.execute_command("ACL", "SETUSER", user, "reset", *rights)
    theirs = open_redis(f"redis://{login}{url.rpartition('@')[2]}")
    yield theirs
    await theirs.aclose()
    await asked.execute_command("ACL", "DELUSER", user)


async def test_a_replica_is_named_as_one(client: Redis) -> None:
    await client.replicaof("127.0.0.1", "1")
    try:
        with pytest.raises(UnreachableError, match="name the primary in REDIS_URL"):
            await server_identity.life_of(client)
    finally:
        await client.replicaof("NO", "ONE")


@pytest.mark.parametrize(
    ("ask", "failed"),
    [
        (lambda client: bot_state.hold(client, BOT, 1), "did not return held of bot 7"),
        (lambda client: bot_state.set_generation(client, BOT, 1, "run"), "did not store run of bot 7"),
        (lambda client: chat_states.read_states(client, BOT, [1]), "did not answer"),
        (lambda client: chat_states.scan_states(client, BOT, 0, 1), "did not answer"),
        (lambda client: chat_states.forget_bot(client, BOT), "did not forget bot 7"),
        (lambda client: ephemeral.put(client, "key", "", 1), "did not answer"),
        (lambda client: ephemeral.take(client, "key"), "did not answer"),
        (shards.read, "did not return the number of shards"),
        (lambda client: shards.establish(client, shards.Layout(1, 1)), "did not store the number of shards"),
        (server_identity.life_of, "did not say which server it is"),
        (server_now_ms, "did not return the time"),
    ],
)
async def test_an_absent_server_raises_what_failed_why_and_the_mend(
    ask: Callable[[Redis], Awaitable[object]], failed: str
) -> None:
    client = open_redis("redis://127.0.0.1:1/0")
    with pytest.raises(UnreachableError, match=rf"^Redis {failed} \(.+\): check REDIS_URL.*\.$"):
        await ask(client)
    await client.aclose()
