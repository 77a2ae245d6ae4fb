"""Connections are opened in a few places only, each with a bound, and the bound is the documented one."""

import re
from pathlib import Path
from typing import Final

from storage.postgres import pool
from storage.redis import client

ROOT: Final = Path(__file__).parents[2]
OPENS: Final = re.compile(
    r"asyncpg\.(connect|create_pool)|create_(async_)?engine\(|Redis\(|from_url\(|from_pool\(|= Sentinel\b|ClusterNode\("
)
POOLS: Final = re.compile(r"await open_pool\(")
DOORS: Final = {
    "storage/postgres/connection.py": "one connection, and for a moment another that proves a pooler",
    "storage/postgres/migrations.py": "no pool: two connections",
    "storage/postgres/pool.py": "a bounded pool",
    "storage/redis/client.py": "a bounded pool to each server",
    "storage/redis/cluster.py": "one or two to each node, about the map",
    "storage/redis/sentinels.py": "one connection to each",
}


LASTING: Final = re.compile(
    r"pg_advisory_lock|set_config\([^)]*false|\bLISTEN\b|WITH HOLD|CREATE TEMP|[\"']SET (?!LOCAL|TRANSACTION)"
)
"""What stays in a session after its transaction."""


def sources() -> dict[str, str]:
    rooms = ("engine", "storage", "bot", "migrations")
    paths = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


def test_only_the_doors_open_connections() -> None:
    assert {path for path, text in sources().items() if OPENS.search(text)} == set(DOORS)


def test_nothing_that_runs_in_the_pool_stays_in_its_session() -> None:
    """So that a connection goes back to the pool without a round trip. Settings stay in one of our own."""
    statements = {str(path): path.read_text() for path in (ROOT / "storage").rglob("*.sql")}
    found = {path for path, text in (sources() | statements).items() if LASTING.search(text)}
    assert found == {"storage/postgres/session.py"}


def test_no_process_opens_two_pools_at_once() -> None:
    found = {path: len(POOLS.findall(text)) for path, text in sources().items() if POOLS.search(text)}
    one_after_the_other = {"engine/local/telegram_or_sandbox.py": 2, "engine/poller/__main__.py": 2}
    assert {path: count for path, count in found.items() if count > 1} == one_after_the_other


def test_the_documented_bounds_are_those_of_the_code() -> None:
    text = " ".join((ROOT / "docs/access.md").read_text().split())
    assert f"at most {pool.MOST_CONNECTIONS} connections to PostgreSQL" in text
    assert f"at most {client.MOST_CONNECTIONS} to Redis" in text
    assert f"need {6 * pool.MOST_CONNECTIONS} of PostgreSQL's" in text
    assert f"and {6 * client.MOST_CONNECTIONS} of Redis's" in text
    assert f"{pool._ACQUIRE_S} seconds at PostgreSQL and {client._TIMEOUT_S} at Redis" in text
    assert f"A statement at PostgreSQL may take {pool._TIMEOUT_S} seconds" in text
