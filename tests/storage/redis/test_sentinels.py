"""The primary is found by its Sentinels, and calls follow it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from engine.core.errors import UnreachableError
from engine.local.servers.sentinels import SERVICE, Watched, running_sentinel
from engine.local.servers.valkey import ask, password_of, port_of
from storage.redis.client import Redis, check_redis, open_redis
from storage.redis.server_identity import run_of
from tests.storage.redis.test_failover import when_reachable
from tests.storage.redis.test_silent_server import CALLS, reads_its_own_answers


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with running_sentinel(tmp_path_factory.mktemp("watched")) as watched:
        yield watched


@pytest.fixture
async def client(watched: Watched) -> AsyncIterator[Redis]:
    """The first Sentinel of its address is down."""
    client = open_redis(watched.url.replace("@", "@127.0.0.1:1,"))
    yield client
    await client.aclose()


async def test_every_kind_of_call_reaches_the_primary(client: Redis) -> None:
    assert await check_redis(client) is None
    for call in CALLS.values():
        await call(client)
    await reads_its_own_answers(client)


@pytest.mark.parametrize(
    ("sentinels", "service"), [("127.0.0.1:1", SERVICE), ("127.0.0.1:{port}", "another"), ("localhost:{port}", "0")]
)
async def test_a_primary_that_no_sentinel_knows_is_told_with_the_mend(
    watched: Watched, sentinels: str, service: str
) -> None:
    client = open_redis(f"redis+sentinel://{sentinels.format(port=watched.sentinel_port)}/{service}")
    with pytest.raises(UnreachableError, match=rf"no Sentinel knows the primary {service}\): check the hosts and the"):
        await check_redis(client)
    await client.aclose()


async def test_sentinels_with_a_password_of_their_own_are_asked_with_it(watched: Watched) -> None:
    ask(watched.sentinel_port, "ACL SETUSER default resetpass >word")
    try:
        shut, opened = open_redis(watched.url), open_redis(f"{watched.url}?sentinel_password=word")
        with pytest.raises(UnreachableError, match="sentinel_password if they ask for one"):
            await check_redis(shut)
        await check_redis(opened)
        await asyncio.gather(shut.aclose(), opened.aclose())
    finally:
        ask(watched.sentinel_port, "ACL SETUSER default nopass", "word")


async def fail_over(watched: Watched) -> None:
    """As an operator orders it. The Sentinel refuses while it has not met the replica yet."""
    while ask(watched.sentinel_port, f"SENTINEL FAILOVER {SERVICE}") != "+OK":  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0.01)


def is_in_step(url: str) -> bool:
    """It is a replica that could take over."""
    return "master_link_status:up" in ask(port_of(url), "INFO replication", password_of(url))


async def test_calls_follow_the_primary_through_a_failover_and_through_its_death(
    client: Redis, watched: Watched
) -> None:
    """Last in this file: the servers have changed places twice afterwards, and one of them is gone."""
    await asyncio.gather(*(call(client) for call in CALLS.values()))
    first = await run_of(client)
    await fail_over(watched)
    while await when_reachable(run_of, client) == first:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    while not is_in_step(watched.primary_url):  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    for call in CALLS.values():
        await call(client)
    os.kill((await client.info("server"))["process_id"], signal.SIGKILL)
    for call in CALLS.values():
        await when_reachable(call, client)
    assert await run_of(client) == first
    await reads_its_own_answers(client)
