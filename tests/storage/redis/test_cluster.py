"""A cluster of three primaries, each with a replica: every call finds its node, whatever becomes of slots and nodes."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Final
from urllib.parse import urlsplit

import pytest

from bench.harness.slots import another, holder_of, kill, move_slot, order
from engine.core.errors import UnreachableError
from engine.local.servers.cluster import PRIMARIES, LocalCluster
from storage.redis import keys, new_chats, shards
from storage.redis.bot_state import set_generation
from storage.redis.client import Redis, check_redis, open_redis
from storage.redis.cluster import each_server, holders
from storage.redis.ownership import Owned, Ownership
from storage.redis.server_clock import bot_now_ms, clocks_ms
from storage.redis.server_identity import lives_of, run_for
from storage.redis.timer_values import ClaimCode, Fence, LastLook, Sign
from storage.redis.timers import Timers
from tests.storage.redis.test_failover import when_reachable
from tests.storage.redis.test_silent_server import CALLS, reads_its_own_answers

BOT: Final = 7
BOTS: Final = range(1, 41)
MINUTE_MS: Final = 60_000


@pytest.fixture
async def client(local_cluster: LocalCluster) -> AsyncIterator[Redis]:
    client = open_redis(local_cluster.url)
    yield client
    await client.aclose()


async def test_every_kind_of_call_finds_its_node(client: Redis) -> None:
    assert await check_redis(client) is None
    for call in CALLS.values():
        await call(client)
    await reads_its_own_answers(client)


async def test_one_round_of_many_bots_is_cut_by_node(client: Redis) -> None:
    timers = Timers(client)
    looks = await arm_all(client, timers)
    assert await timers.pass_each(looks) == [[Fence.CURRENT]] * len(BOTS)
    assert len({id(server) for server in await holders(client, [keys.of_bot(bot).bot for bot in BOTS])}) == PRIMARIES


async def arm_all(client: Redis, timers: Timers) -> list[tuple[int, list[LastLook]]]:
    """A chat of each bot, which is whole where it is."""
    for bot in BOTS:
        await set_generation(client, bot, 1, await run_for(client, bot))
        await timers.touch(bot, [Sign(1, 0)], MINUTE_MS)
    return [(bot, [LastLook(1, version or 0, "1")]) for bot in BOTS for version in await timers.versions(bot, [1])]


async def test_every_server_has_a_life_and_a_clock(client: Redis) -> None:
    lives = await lives_of(client, BOTS)
    assert len(lives.of_servers) == len(await clocks_ms(client)) == PRIMARIES
    assert lives.runs == {bot: await run_for(client, bot) for bot in BOTS}
    assert await lives_of(client, BOTS) == lives
    await order(await holder_of(client, keys.of_bot(BOT).bot), "FLUSHALL")
    emptied = await lives_of(client, BOTS)
    assert len(emptied.of_servers - lives.of_servers) == 1
    assert emptied.runs == lives.runs


async def test_a_node_that_forgot_the_scripts_gets_them_again(client: Redis) -> None:
    timers = Timers(client)
    await timers.touch(BOT, [Sign(1, 0)], MINUTE_MS)
    await (await holder_of(client, keys.of_bot(BOT).bot)).script_flush()
    touched = await asyncio.gather(*(timers.touch(bot, [Sign(2, 0)], MINUTE_MS) for bot in BOTS))
    assert len(touched) == len(BOTS)


async def test_a_node_under_the_address_of_one_server_is_refused_with_the_mend(local_cluster: LocalCluster) -> None:
    client = open_redis(local_cluster.urls[0])
    with pytest.raises(UnreachableError, match=r"one node of a cluster\): begin REDIS_URL with redis\+cluster://"):
        await check_redis(client)
    with pytest.raises(UnreachableError, match=r"begin REDIS_URL with redis\+cluster://"):
        await touch_all(Timers(client), client)
    await client.aclose()


async def test_one_server_under_the_address_of_a_cluster_is_refused_with_the_mend(redis_url: str) -> None:
    client = open_redis(redis_url.replace("redis://", "redis+cluster://"))
    with pytest.raises(UnreachableError, match=r"begin REDIS_URL with redis:// .* is not in a cluster"):
        await check_redis(client)
    await client.aclose()


async def test_a_wrong_password_of_a_cluster_is_told_as_one(local_cluster: LocalCluster) -> None:
    client = open_redis(f"redis+cluster://:wrong@{urlsplit(local_cluster.url).netloc.rpartition('@')[2]}/")
    with pytest.raises(UnreachableError, match="write the server's user and password in REDIS_URL"):
        await check_redis(client)
    await client.aclose()


async def test_what_was_touched_while_a_slot_moves_is_there_afterwards(client: Redis) -> None:
    """Its keys move one by one. A script waits while its keys are on two nodes, and follows them when all are there."""
    timers, key = Timers(client), keys.of_bot(BOT).bot
    await set_generation(client, BOT, 1, await run_for(client, BOT))
    source = await holder_of(client, key)
    target = await another(client, source)
    refusals: list[str | None] = []

    async def touch() -> None:
        refused = None
        try:
            await timers.touch(BOT, [Sign(1_000 + len(refusals), 0)], MINUTE_MS)
        except UnreachableError as error:
            refused = str(error)
        refusals.append(refused)

    await touch()
    await move_slot(source, target, key, touch)
    versions = await timers.versions(BOT, range(1_000, 1_000 + len(refusals)))
    assert [version is None for version in versions] == [refused is not None for refused in refusals]
    assert [*refusals[:2], *refusals[-2:]] == [None] * 4
    assert all("wait until the cluster has moved the slot" in refused for refused in refusals if refused)
    assert await holder_of(client, key) is target


async def test_new_chats_are_counted_while_a_slot_moves(client: Redis) -> None:
    """Its key is not there before: the node from which the slot moves sends each such call to the other one."""
    source = await holder_of(client, keys.of_bot(BOT).new)
    await order(source, "DEL", keys.of_bot(BOT).new)
    ends_s: list[int] = []

    async def admit() -> None:
        ends_s.append((await new_chats.admit(client, BOT, 1, 1_000)).day_ends_s)

    await move_slot(source, await another(client, source), keys.of_bot(BOT).new, admit)
    assert (await new_chats.admit(client, BOT, 1, len(ends_s))).chats == 0
    assert min(ends_s) > 0


async def test_the_number_of_shards_changes_later_than_every_clock(client: Redis) -> None:
    """An epoch is by the clock of the node that has its shard, and the stamp is later than each."""
    await each_server(client, lambda server: server.config_resetstat())
    await shards.change(client, 2)
    asked = await each_server(client, lambda server: server.info("commandstats"))
    assert ["cmdstat_time" in stats for stats in asked] == [True] * PRIMARIES


async def test_a_bot_whose_slot_has_moved_is_claimed_again_after_a_rebuild(client: Redis) -> None:
    timers, key = Timers(client), keys.of_bot(BOT).bot
    await set_generation(client, BOT, 1, await run_for(client, BOT))
    source = await holder_of(client, key)
    await move_slot(source, await another(client, source), key)
    assert (await timers.claim(BOT, 1, 3_000, 1)).code is ClaimCode.LOST
    await set_generation(client, BOT, 2, await run_for(client, BOT))
    assert (await timers.claim(BOT, 1, 3_000, 1)).code is ClaimCode.CLAIMED


async def test_a_lost_node_keeps_only_its_own_bots_waiting_until_its_replica_takes_over(client: Redis) -> None:
    """Last in this file: the node does not come back."""
    timers, ownership, feeds = Timers(client), Ownership(client, "me"), [keys.of_bot(bot).poll for bot in BOTS]
    looks = await arm_all(client, timers)
    lost, before = await holder_of(client, keys.of_bot(BOT).bot), await lives_of(client, BOTS)
    served = [server is not lost for server in await holders(client, feeds)]
    await kill(lost)
    assert [passed == [Fence.CURRENT] for passed in await timers.pass_each(looks)] == served
    assert [isinstance(owned, Owned) for owned in await ownership.take_each(feeds, 60_000)] == served
    times_ms = [await bot_now_ms(client, bot) for bot, is_served in zip(BOTS, served, strict=True) if is_served]
    assert len(times_ms) == served.count(True)
    meanwhile = await lives_of(client, BOTS)
    assert [bot in meanwhile.runs for bot in BOTS] == served
    await when_reachable(partial(touch_all, timers), client)
    after = await lives_of(client, BOTS)
    assert len(after.of_servers - before.of_servers) == 1
    assert [after.runs[bot] == before.runs[bot] for bot in BOTS] == served
    await reads_its_own_answers(client)


async def touch_all(timers: Timers, _: Redis) -> None:
    for bot in BOTS:
        await timers.touch(bot, [Sign(1, 0)], MINUTE_MS)
