"""Another server takes over behind the same address: running processes reach it, and nobody writes to a replica."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import pytest

from engine.core.errors import UnreachableError
from storage.redis import ephemeral
from storage.redis.bot_state import set_generation
from storage.redis.client import Redis, check_redis, open_redis
from storage.redis.exchange import atomic
from storage.redis.keys import of_bot
from storage.redis.ownership import Owned, Ownership
from storage.redis.server_identity import run_of
from storage.redis.timer_values import ClaimCode, Fence, Held, Holding, Sign
from storage.redis.timers import Timers
from tests.storage.redis.front_door import FrontDoor, front_door
from tests.storage.redis.test_silent_server import BOT, CALLS, LIMIT, no_writes, reads_its_own_answers

WRITES: Final = {name: call for name, call in CALLS.items() if name != "a script of many bots"}
"""That one only looks at a chat that is not there."""
Answer = TypeVar("Answer")
REPLICA: Final = "name the primary in REDIS_URL"


MANY: Final = [f"rt:many:{number}" for number in range(8)]


async def take_many(client: Redis) -> list[Owned]:
    """In one pipeline."""
    return await Ownership(client, "me").take_all(MANY, 60_000)


async def until_refused(call: Callable[[Redis], Awaitable[object]], client: Redis) -> None:
    while True:
        await call(client)


async def when_reachable(call: Callable[[Redis], Awaitable[Answer]], client: Redis) -> Answer:
    """Ask again and again, as the engine's loops do."""
    while True:
        try:
            return await call(client)
        except UnreachableError:
            await asyncio.sleep(0.01)


@pytest.fixture
async def door(redis_url: str) -> AsyncIterator[FrontDoor]:
    async with front_door(redis_url) as door:
        yield door


@pytest.fixture
async def client(door: FrontDoor) -> AsyncIterator[Redis]:
    """It has come in, with several connections, and knows the scripts to be there."""
    client = open_redis(door.url)
    await asyncio.gather(*(call(client) for call in CALLS.values()), *(WRITES["a command"](client) for _ in range(8)))
    yield client
    await client.aclose()


@pytest.fixture
async def primary(redis_url: str) -> AsyncIterator[Redis]:
    """The server itself, not through the door. It is a primary again afterwards."""
    primary = open_redis(redis_url)
    yield primary
    await primary.replicaof("NO", "ONE")
    await primary.config_set("replica-serve-stale-data", "yes")
    await primary.config_set("min-replicas-to-write", "0")
    await primary.aclose()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Redis]:
    client = open_redis(url)
    yield client
    await client.aclose()


async def step_down(primary: Redis) -> None:
    await primary.replicaof("127.0.0.1", "1")


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("serves_stale_data", ["yes", "no"])
async def test_a_running_client_reaches_the_server_that_took_over(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str, name: str, serves_stale_data: str
) -> None:
    """READONLY, or MASTERDOWN."""
    await primary.config_set("replica-serve-stale-data", serves_stale_data)
    door.lead_to(spare_url)
    await step_down(primary)
    await CALLS[name](client)
    await reads_its_own_answers(client)


async def test_every_connection_reaches_the_server_that_took_over(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str
) -> None:
    """Reads included, which the old primary would go on answering."""
    door.lead_to(spare_url)
    await step_down(primary)
    await WRITES["a script"](client)
    async with opened(spare_url) as spare:
        await spare.set("rt:where", "here")
    assert set(await asyncio.gather(*(client.get("rt:where") for _ in range(16)))) == {"here"}


@pytest.mark.parametrize("name", WRITES)
async def test_a_replica_is_refused_with_the_mend_until_it_is_a_primary(
    client: Redis, primary: Redis, name: str
) -> None:
    await step_down(primary)
    for _ in range(3):
        with pytest.raises(UnreachableError, match=REPLICA):
            await WRITES[name](client)
    await primary.replicaof("NO", "ONE")
    await WRITES[name](client)
    await reads_its_own_answers(client)


async def test_a_pipeline_is_answered_by_the_server_that_took_over(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str
) -> None:
    door.lead_to(spare_url)
    await step_down(primary)
    assert all(one.ours for one in await take_many(client))
    async with opened(spare_url) as spare:
        assert await spare.exists(*MANY) == len(MANY)


async def test_one_late_call_is_enough_to_leave_a_server_that_says_nothing(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its connections stay open, and nobody answers on them."""
    door.lead_to(spare_url)
    async with no_writes(primary):
        with monkeypatch.context() as shorter:
            shorter.setattr(LIMIT, 0.1)
            with pytest.raises(UnreachableError, match="no answer within"):
                await WRITES["a command"](client)
        await asyncio.gather(*(ephemeral.put(client, f"rt:own:{number}", "", 60) for number in range(16)))


@pytest.mark.parametrize("name", WRITES)
async def test_a_primary_that_lost_its_replicas_is_left_for_its_successor(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str, name: str
) -> None:
    """Behind the same address it has one, if the network has cut it off. A call may fail on each of its connections."""
    door.lead_to(spare_url)
    await primary.config_set("min-replicas-to-write", "1")
    await when_reachable(WRITES[name], client)
    async with opened(spare_url) as spare:
        assert await spare.dbsize() > 0


async def test_a_transaction_is_done_as_a_whole_where_it_was_not_refused(
    door: FrontDoor, client: Redis, primary: Redis, spare_url: str
) -> None:
    door.lead_to(spare_url)
    await step_down(primary)
    assert await atomic(client, "rt:count", [("INCRBY", "rt:count", 2), ("INCRBY", "rt:count", 3)]) == [2, 5]


async def hold_one(client: Redis) -> Held:
    """A chat that has fallen due, claimed in this run of the server."""
    timers, run = Timers(client), await run_of(client)
    await set_generation(client, BOT, 1, run)
    await client.set(of_bot(BOT).poll, "us 1")
    await timers.touch(BOT, [Sign(41, 0)], 0)
    await timers.confirm(BOT, Holding("us 1", run))
    claimed = await timers.claim(BOT, 512, 60_000, 1)
    return next(held for held in claimed.timers if held.chat_id == 41)


async def copy_to(spare: Redis, primary: Redis, url: str) -> None:
    """The spare follows the primary until it has all, and is then promoted."""
    at = urlsplit(url)
    await primary.config_set("repl-diskless-sync-delay", "0")
    await spare.config_set("masterauth", str(at.password))
    await spare.replicaof(str(at.hostname), str(at.port))
    async with asyncio.timeout(20):
        await until_copied(spare)
    await spare.replicaof("NO", "ONE")


async def until_copied(spare: Redis) -> None:
    while True:
        if await spare.exists(of_bot(BOT).state):
            return
        await asyncio.sleep(0.01)


async def test_nothing_passes_on_a_promoted_replica_that_lacks_a_touch(
    redis_url: str, client: Redis, primary: Redis, spare_url: str
) -> None:
    """It still has the version under which the message waits, also after a rebuild."""
    held = await hold_one(client)
    async with opened(spare_url) as spare:
        await copy_to(spare, primary, redis_url)
        await Timers(client).touch(BOT, [Sign(held.chat_id, 0)], 60_000)
        promoted = Timers(spare)
        assert await promoted.versions(BOT, [held.chat_id]) == [held.version]
        assert await promoted.pass_(BOT, [held.last_look]) == [Fence.STALE]
        assert (await promoted.claim(BOT, 1, 60_000, 1)).code is ClaimCode.LOST
        await set_generation(spare, BOT, 2, await run_of(spare))
        assert await promoted.pass_(BOT, [held.last_look]) == [Fence.STALE]


async def test_a_start_at_a_replica_is_refused_with_the_mend(redis_url: str, primary: Redis) -> None:
    await step_down(primary)
    async with opened(redis_url) as client:
        with pytest.raises(UnreachableError, match=rf"it is a replica\): {REPLICA}"):
            await check_redis(client)


async def test_a_server_that_loads_its_data_is_waited_for(spare_url: str) -> None:
    async with opened(spare_url) as observer, opened(spare_url) as client:
        asked: Any = observer  # its types know no such arguments
        await WRITES["a script"](client)
        await asked.execute_command("DEBUG", "POPULATE", 1_000)
        await observer.config_set("key-load-delay", "300")
        await observer.config_set("loading-process-events-interval-bytes", "1024")
        reloading = asyncio.create_task(asked.execute_command("DEBUG", "RELOAD"))
        with pytest.raises(UnreachableError, match="wait until the server has loaded its data"):
            await until_refused(WRITES["a script"], client)
        await reloading
        await observer.config_set("key-load-delay", "0")
        await WRITES["a script"](client)
        await reads_its_own_answers(client)


async def test_a_connection_cut_anywhere_in_a_pipeline_costs_that_call_alone(door: FrontDoor, client: Redis) -> None:
    """None of its answers is read by another call."""
    for count in range(0, 200, 20):
        door.cut_after(count)
        with pytest.raises(UnreachableError):
            await until_refused(take_many, client)
        await reads_its_own_answers(client)
