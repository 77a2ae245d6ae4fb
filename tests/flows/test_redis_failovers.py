"""Stories on a Redis of several servers, which change places while people wait: each message goes out once."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import pytest
import redis

from bench.harness.slots import another, holder_of, kill, move_slot
from engine.local.servers.cluster import running_cluster
from engine.local.servers.sentinels import running_sentinel
from storage.redis import keys
from storage.redis.client import open_redis
from tests.flows import access
from tests.flows.house import House, open_house, trust_one_receiver
from tests.storage.redis.test_sentinels import fail_over

TOLD = ["first", "second", "third"]


def _admit(urls: Sequence[str]) -> str:
    """A user with the least rights on each server."""
    name, rules = access.redis_rules()
    for url in urls:
        with redis.Redis.from_url(url) as client:
            client.execute_command("ACL", "SETUSER", name, *rules)
    return name


@pytest.fixture
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """As the engine's user, and as one who may do everything."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield access.as_user(cluster.url, _admit(cluster.urls)), cluster.url


@asynccontextmanager
async def story(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    async with open_house(redis_url, database_url) as house:
        yield house


async def _all_is_told(house: House, *people: int) -> None:
    for person in people:
        assert await house.ended(person) == ["completed"]
        assert await house.told(person) == TOLD
    assert (await house.people.violations()).listed == []


async def test_a_story_goes_on_in_a_cluster_whose_slot_moves_and_whose_node_dies(
    cluster_url: tuple[str, str], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with story(cluster_url[0], database_url, monkeypatch) as house, open_redis(cluster_url[1]) as whole:
        key = keys.of_bot(await house.pool.fetchval("SELECT id FROM bots")).bot
        first = await house.someone()
        await house.delivery(first, "two", "sent")
        source = await holder_of(whole, key)
        await move_slot(source, await another(whole, source), key)
        second = await house.someone()
        await house.delivery(second, "two", "sent")
        await kill(await holder_of(whole, key))
        third = await house.someone()
        await _all_is_told(house, first, second, third)


async def test_a_story_goes_on_through_a_failover_by_sentinels(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_sentinel(tmp_path_factory.mktemp("watched")) as watched:
        url = access.as_user(watched.url, _admit([watched.primary_url, watched.replica_url]))
        async with story(url, database_url, monkeypatch) as house:
            first = await house.someone()
            await house.delivery(first, "two", "sent")
            await fail_over(watched)
            second = await house.someone()
            await _all_is_told(house, first, second)
