"""A node of a cluster that takes connections and answers none: the bots of the other nodes are served all the while."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, NamedTuple

import pytest
from redis.asyncio.cluster import ClusterNode

from bench.harness.slots import another, holder_of, order
from engine.chats.activity import Activity
from engine.core.errors import UnreachableError
from engine.local.servers.cluster import LocalCluster
from engine.poller.reaper import PATIENCE_MS, forget_removed, reap
from engine.receiver.feed_ownership import FeedOwnership
from storage.postgres.pool import Pool
from storage.postgres.receiver_bots import Watched
from storage.redis import keys
from storage.redis.client import Redis, open_redis
from storage.redis.cluster import each_server, holders
from storage.redis.ownership import Ownership
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers
from tests.storage.redis.test_failover import when_reachable

BOTS: Final = range(1, 21)
MINUTE_MS: Final = 60_000
NODE_S: Final = "storage.redis.cluster._NODE_S"
SHORT_S: Final = 0.5
NOTICED: Final = "cluster-node-timeout"
REMOVED: Final = """
INSERT INTO bots (id, username, token, status, created_at)
SELECT id, 'bot_' || id, '', 'removed', 0 FROM unnest($1::bigint[]) AS bot(id)
"""
SENDING: Final = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, claimed_at)
SELECT bot, 9, 0, 'hello', 'one', 0, 'sending', 5, 1, 0, 0 FROM unnest($1::bigint[]) AS b(bot)
"""


class Silent(NamedTuple):
    """The node, and the bots that it holds and that it does not."""

    port: int
    its: list[int]
    others: list[int]


@pytest.fixture
async def client(local_cluster: LocalCluster) -> AsyncIterator[Redis]:
    client = open_redis(local_cluster.url)
    await each_server(client, lambda server: server.flushall())
    await touch_all(Timers(client), client)
    yield client
    await client.aclose()


@pytest.fixture
def feeds(client: Redis, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> FeedOwnership:
    monkeypatch.setattr(NODE_S, SHORT_S)
    activity = Activity(pool, Timers(client), lambda bot: Watched(bot, f"bot_{bot}", b"", MINUTE_MS))
    return FeedOwnership(client, Ownership(client, "me"), activity, renewal_s=0.0)


async def touch_all(timers: Timers, _: Redis) -> None:
    for bot in BOTS:
        await timers.touch(bot, [Sign(1, 0)], MINUTE_MS)


@asynccontextmanager
async def silenced(client: Redis) -> AsyncIterator[Silent]:
    """Until the end one node stands still, and none takes over from it."""
    node = await holder_of(client, keys.of_bot(BOTS[0]).bot)
    held_by = dict(zip(BOTS, await holders(client, [keys.of_bot(bot).bot for bot in BOTS]), strict=True))
    its = [bot for bot, server in held_by.items() if server is node]
    process = (await node.info("server"))["process_id"]
    before = str((await node.config_get(NOTICED))[NOTICED])
    await each_server(client, lambda server: server.config_set(NOTICED, MINUTE_MS))
    os.kill(process, signal.SIGSTOP)
    try:
        port = int(node.connection_pool.connection_kwargs["port"])
        yield Silent(port, its, [bot for bot in BOTS if bot not in its])
    finally:
        os.kill(process, signal.SIGCONT)
        await when_reachable(partial(touch_all, Timers(client)), client)
        await each_server(client, lambda server: server.config_set(NOTICED, before))


async def test_the_map_is_asked_of_the_silent_node_last(
    client: Redis, local_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the library would begin: a call has time for one silent node, not for two."""
    monkeypatch.setattr(NODE_S, SHORT_S)
    monkeypatch.setattr("storage.redis.cluster._MAP_S", 60.0)
    patient = open_redis(local_cluster.url)
    timers = Timers(patient)
    await touch_all(timers, patient)
    async with silenced(client) as silent:
        with monkeypatch.context() as first:

            def begin_with_it(nodes: list[ClusterNode]) -> None:
                nodes.sort(key=lambda node: node.port != silent.port)

            first.setattr("redis.asyncio.cluster.random.shuffle", begin_with_it)
            for _ in range(2):
                found = await timers.pass_each([(bot, []) for bot in BOTS])
                answered = [bot for bot, one in zip(BOTS, found, strict=True) if not isinstance(one, UnreachableError)]
                assert answered == silent.others
    await patient.aclose()


async def test_a_feed_that_cannot_be_released_keeps_no_other_from_being_renewed(
    client: Redis, feeds: FeedOwnership
) -> None:
    assert await feeds.run_once(BOTS) == frozenset(BOTS)
    async with silenced(client) as silent:
        assert await feeds.run_once(silent.others) == frozenset(silent.others)
        assert all(feeds.holding(bot) for bot in silent.others)


async def test_touches_that_cannot_be_repeated_keep_only_their_own_bots_waiting(
    client: Redis, feeds: FeedOwnership
) -> None:
    await feeds.run_once(BOTS)
    for bot in BOTS:
        await feeds._activity.mark_user_activity(bot, 2)
    async with silenced(client) as silent:
        emptied = await another(client, await holder_of(client, keys.of_bot(silent.its[0]).bot))
        await order(emptied, "FLUSHALL")
        assert await feeds.run_once(BOTS) == frozenset(silent.others)
        for bot in silent.others:
            assert feeds.holding(bot)
            assert await Timers(client).versions(bot, [2]) != [None]
        assert not any(feeds.holding(bot) for bot in silent.its)
    assert await feeds.run_once(BOTS) == frozenset(BOTS)
    assert all(feeds.holding(bot) for bot in BOTS)


async def test_what_others_left_behind_is_cleared_up_meanwhile(
    client: Redis, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NODE_S, SHORT_S)
    await pool.execute(REMOVED, list(BOTS))
    await pool.execute(SENDING, list(BOTS))
    async with silenced(client) as silent:
        assert await reap(pool, Timers(client), 3 * PATIENCE_MS) == len(silent.others)
        await forget_removed(pool, client)
        assert [await client.exists(keys.of_bot(bot).timers) for bot in silent.others] == [0] * len(silent.others)
    assert await reap(pool, Timers(client), 3 * PATIENCE_MS) == len(silent.its)
    await forget_removed(pool, client)
    assert [await client.exists(keys.of_bot(bot).timers) for bot in silent.its] == [0] * len(silent.its)
