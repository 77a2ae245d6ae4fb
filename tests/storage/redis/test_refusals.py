"""What a server refuses for a while is told with its mend, and is over when the server's trouble is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import pytest
from redis.exceptions import ReadOnlyError, ResponseError

from engine.core.errors import UnreachableError
from storage.redis.client import Redis, open_redis
from storage.redis.refusals import is_astray, unreachable
from tests.storage.redis.conftest import data_of
from tests.storage.redis.test_failover import until_refused
from tests.storage.redis.test_silent_server import CALLS, reads_its_own_answers

WRITES: Final = ("a script", "a script on many keys", "a command", "a pipeline", "two commands", "a number")


@pytest.fixture
async def client(spare_url: str) -> AsyncIterator[Redis]:
    client = open_redis(spare_url)
    for call in CALLS.values():
        await call(client)
    yield client
    await client.aclose()


@asynccontextmanager
async def full(client: Redis) -> AsyncIterator[None]:
    await client.config_set("maxmemory", "1")
    try:
        yield
    finally:
        await client.config_set("maxmemory", "0")


@asynccontextmanager
async def without_replicas(client: Redis) -> AsyncIterator[None]:
    await client.config_set("min-replicas-to-write", "1")
    try:
        yield
    finally:
        await client.config_set("min-replicas-to-write", "0")


@asynccontextmanager
async def unable_to_save(client: Redis) -> AsyncIterator[None]:
    """A directory is where its file should be."""
    in_the_way = data_of(_url(client)) / "dump.rdb"
    in_the_way.unlink(missing_ok=True)
    in_the_way.mkdir()
    await client.config_set("save", "3600 1")
    await client.bgsave()
    while (await client.info("persistence"))["rdb_last_bgsave_status"] == "ok":  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        await client.config_set("save", "")
        in_the_way.rmdir()


def _url(client: Redis) -> str:
    at = client.connection_pool.connection_kwargs
    return f"redis://:{at['password']}@{at['host']}:{at['port']}/0"


TROUBLES: Final[dict[str, tuple[Any, str]]] = {
    "OOM": (full, r"\(OutOfMemoryError\): give the server more memory"),
    "NOREPLICAS": (without_replicas, r"\(ResponseError NOREPLICAS\): bring the server's replicas back"),
    "MISCONF": (unable_to_save, r"\(ResponseError MISCONF\): let the server write its files"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_a_server_in_trouble_is_unreachable_with_the_mend_until_it_is_well(client: Redis, trouble: str) -> None:
    befall, said = TROUBLES[trouble]
    async with befall(client):
        for name in WRITES:
            with pytest.raises(UnreachableError, match=said):
                await CALLS[name](client)
    for call in CALLS.values():
        await call(client)
    await reads_its_own_answers(client)


@pytest.mark.parametrize("name", WRITES)
async def test_a_busy_server_is_unreachable_with_the_mend_and_keeps_our_connection(
    client: Redis, spare_url: str, name: str
) -> None:
    observer = open_redis(spare_url)
    await observer.config_set("busy-reply-threshold", "1")
    ours = await client.client_id()
    untyped: Any = observer
    rogue = asyncio.create_task(untyped.eval("while true do end", 0))
    with pytest.raises(UnreachableError, match=r"\(ResponseError BUSY\): end the script .*SCRIPT KILL"):
        await until_refused(CALLS[name], client)
    await client.script_kill()
    with pytest.raises(ResponseError):
        await rogue
    await CALLS[name](client)
    assert await client.client_id() == ours
    await observer.config_set("busy-reply-threshold", "5000")
    await observer.aclose()


@pytest.mark.parametrize(
    ("words", "astray", "mend"),
    [
        ("READONLY You can't write against a read only replica.", True, None),
        ("Error running script (call to f_1): @user_script:7: -READONLY You can't write.", True, "name the primary"),
        ("MASTERDOWN Link with MASTER is down", True, None),
        ("UNBLOCKED force unblock from blocking operation, instance state changed", True, None),
        ("NOREPLICAS Not enough good replicas to write.", True, "min-replicas-to-write"),
        ("Error running script: @user_script:7: -LOADING Redis is loading", True, "has loaded its data"),
        ("Error running script: @user_script:7: -OOM command not allowed", False, "more memory"),
        ("MISCONF Errors writing to the AOF file: No space left on device", False, "write its files"),
        ("BUSY Redis is busy running a script.", False, "SCRIPT KILL"),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", False, None),
        ("unknown command 'READONLY ', with args beginning with: 'LOADING '", False, None),
    ],
)
def test_a_refusal_is_known_by_its_code_wherever_it_stands(words: str, mend: str | None, *, astray: bool) -> None:
    assert is_astray(ResponseError(words)) is astray
    assert (mend or "check REDIS_URL") in str(unreachable(ResponseError(words)))


def test_only_a_refusal_is_astray() -> None:
    assert is_astray(ReadOnlyError("You can't write against a read only replica."))
    assert not is_astray("READONLY in somebody's text")
    assert not is_astray(None)
