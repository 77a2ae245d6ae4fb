"""What every room's tests may ask for: real servers, empty each time."""

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import redis
from hypothesis import HealthCheck, settings

from bench.sandbox import ports
from engine.local.servers.servers import LocalServers, temporary_servers
from engine.media.library import Library
from engine.runtime import telemetry
from storage.postgres.migrations import upgrade
from storage.postgres.pool import Pool, open_pool

_STORM = "storm"
"""The profile of Hypothesis for a long run: a property that sets no `max_examples` of its own gets this many."""
settings.register_profile(_STORM, max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
_TEMPLATE = "recovery_template"
_TESTS = Path(__file__).parent
_STARTS_PROCESSES = {
    *("bench", "browser", "flows", "local", "lua", "model", "sandbox", "storage"),
    *("test_house.py", "test_processes.py", "test_wheel.py"),
}
"""Folders and files whose tests start programs, or ask for servers only as they run."""
_LEFT_OUT = f"all of {', '.join(sorted(_STARTS_PROCESSES))}, and elsewhere each with the fixture `servers`"


def pytest_configure() -> None:
    """Of several test processes side by side none takes a port that another has only just let go."""
    worker, count = os.environ.get("PYTEST_XDIST_WORKER", "gw0"), int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    ports.choose_among(ports.FREE_PORTS[int(worker.removeprefix("gw")) :: count])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what `./dev test --fast` leaves out, before pytest chooses by marks. A storm may take its time."""
    for item in items:
        if config.getoption("hypothesis_profile") == _STORM:
            item.add_marker(pytest.mark.timeout(0))
        uses_servers = "servers" in getattr(item, "fixturenames", ())
        if uses_servers or _STARTS_PROCESSES.intersection(item.path.relative_to(_TESTS).parts):
            item.add_marker("processes")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what a fast run has not looked at."""
    if config.option.markexpr == "not processes":
        terminalreporter.write_line(f"Left out: tests that start a server, a program or a browser ({_LEFT_OUT}).")


@pytest.fixture(autouse=True)
def no_line_counts_as_repeated() -> None:
    """The lines of a test are not counted among those of the test before it, nor told in the middle of the next."""
    telemetry.repeated._take()
    telemetry.repeated._counts.clear()


@pytest.fixture(scope="session")
def servers() -> Iterator[LocalServers]:
    """Valkey and PostgreSQL for the whole run."""
    with temporary_servers() as servers:
        yield servers


@pytest.fixture
def redis_url(servers: LocalServers) -> str:
    """Empty the Valkey and lend it."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()
    return servers.redis_url


@pytest.fixture(scope="session")
def migrated_template(servers: LocalServers) -> str:
    """Make a database with every table and no row, to be copied."""
    asyncio.run(_execute(servers.database_url, f"CREATE DATABASE {_TEMPLATE}"))
    upgrade(_url_of(servers, _TEMPLATE))
    return _TEMPLATE


@pytest.fixture
async def database_url(servers: LocalServers, migrated_template: str) -> AsyncIterator[str]:
    """Lend a database of the test's own, with every table and no row."""
    name = f"t_{uuid.uuid4().hex}"
    await _execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {migrated_template} STRATEGY FILE_COPY")
    yield _url_of(servers, name)
    await _execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """MEDIA_DIR, which is not there yet."""
    return tmp_path / "media"


@pytest.fixture
def library(pool: Pool, shelf: Path) -> Library:
    return Library(pool, shelf)


def _url_of(servers: LocalServers, database: str) -> str:
    return servers.database_url.rpartition("/")[0] + f"/{database}"


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
