"""One running house per story; at its end the sandbox says whether the bot kept Telegram's rules.

The stories have no more rights than `docs/access` gives: a command or a table beyond them fails here.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis

from engine.local.servers.servers import LocalServers
from storage.redis.client import Redis, open_redis
from tests.flows.house import House, open_house, trust_one_receiver

_ACCESS = Path(__file__).parents[2] / "docs" / "access"
_PASSWORD = "of-the-engine"  # noqa: S105 - it opens a server that ends with the run
_ROLES = ("recovery_owner", "recovery_engine")


@pytest.fixture(scope="session")
def redis_user(servers: LocalServers) -> Iterator[str]:
    """A user with the rights of the file."""
    _, name, *rules = (
        (_ACCESS / "redis.acl").read_text("utf-8").replace(">CHANGE-THIS-PASSWORD", f">{_PASSWORD}").split()
    )
    with redis.Redis.from_url(servers.redis_url) as client:
        client.execute_command("ACL", "SETUSER", name, *rules)
        yield name
        client.execute_command("ACL", "DELUSER", name)


@pytest.fixture
def redis_url(redis_url: str, redis_user: str) -> str:
    return _as(redis_url, redis_user)


@pytest.fixture
async def whole_redis(servers: LocalServers) -> AsyncIterator[Redis]:
    """With every right, for what a story does to the server itself."""
    client = open_redis(servers.redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def database_url(database_url: str) -> str:
    connection = await asyncpg.connect(database_url)
    try:
        for role in _ROLES:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{_PASSWORD}'")
        await connection.execute((_ACCESS / "postgres.sql").read_text("utf-8"))
    finally:
        await connection.close()
    return _as(database_url, _ROLES[1])


def _as(url: str, user: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{_PASSWORD}@{parts.netloc.rpartition('@')[2]}").geturl()


@pytest.fixture
async def house(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    trust_one_receiver(monkeypatch)
    async with open_house(redis_url, database_url) as house:
        yield house
        assert (await house.people.violations()).listed == []
        assert (await house.people.counters()).unmodelled == 0
