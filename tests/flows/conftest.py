"""One running house per story; at its end the sandbox says whether the bot kept Telegram's rules.

The stories have no more rights than `docs/access` gives: a command or a table beyond them fails here.
"""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import redis

from engine.local.servers.servers import LocalServers
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis
from tests.flows import access
from tests.flows.house import House, open_house, trust_one_receiver


@pytest.fixture(scope="session")
def redis_user(servers: LocalServers) -> Iterator[str]:
    """A user with the least rights."""
    name, rules = access.redis_rules()
    with redis.Redis.from_url(servers.redis_url) as client:
        client.execute_command("ACL", "SETUSER", name, *rules)
        yield name
        client.execute_command("ACL", "DELUSER", name)


@pytest.fixture
def redis_url(redis_url: str, redis_user: str) -> str:
    return access.as_user(redis_url, redis_user)


@pytest.fixture
async def whole_redis(servers: LocalServers) -> AsyncIterator[Redis]:
    """With every right, for what a story does to the server itself."""
    client = open_redis(servers.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def database_url(database_url: str) -> str:
    await access.make_roles(database_url)
    await access.grant(database_url)
    return access.as_user(database_url, access.ENGINE)


@pytest.fixture
async def whole_pool(servers: LocalServers, database_url: str) -> AsyncIterator[Pool]:
    """With every right in the story's database, for what a story changes behind the engine's back."""
    pool = await open_pool(servers.database_url.rpartition("/")[0] + urlsplit(database_url).path)
    yield pool
    await pool.close()


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    async with open_house(redis_url, database_url) as house:
        yield house
        assert (await house.people.violations()).listed == []
        assert (await house.people.counters()).unmodelled == 0
