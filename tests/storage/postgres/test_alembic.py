"""Alembic's own commands, in a checkout: `pyproject.toml` says where the migrations are, DATABASE_URL where they go."""

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from engine.local.servers.servers import LocalServers
from storage.postgres.pool import open_pool

_ROOT = Path(__file__).parents[3]


@pytest.fixture
def empty_database_url(servers: LocalServers) -> Iterator[str]:
    """Lend a database without any table."""
    name = f"t_{uuid.uuid4().hex}"
    asyncio.run(_execute(servers.database_url, f"CREATE DATABASE {name}"))
    yield servers.database_url.rpartition("/")[0] + f"/{name}"
    asyncio.run(_execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)"))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _opens(url: str) -> bool:
    """Raises MigrationError if the schema is not the newest."""
    pool = await open_pool(url)
    await pool.close()
    return True


def _alembic(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own tool
        [Path(sys.executable).with_name("alembic"), *arguments],
        cwd=_ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_upgrade_head_makes_the_schema_that_the_engine_opens(empty_database_url: str) -> None:
    result = _alembic("upgrade", "head", DATABASE_URL=empty_database_url)
    assert result.returncode == 0, result.stderr
    assert asyncio.run(_opens(empty_database_url))


def test_current_shows_that_the_schema_is_the_newest(database_url: str) -> None:
    result = _alembic("current", DATABASE_URL=database_url)
    assert "(head)" in result.stdout, result.stderr


def test_without_a_database_it_names_the_variable() -> None:
    result = _alembic("upgrade", "head", DATABASE_URL="")
    assert result.returncode != 0
    assert "FAILED: DATABASE_URL is not set: set it to a value such as postgresql://" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_does_not_answer_is_named() -> None:
    result = _alembic("upgrade", "head", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert "FAILED: PostgreSQL does not answer" in result.stdout + result.stderr


def test_the_statements_can_be_read_before_they_run() -> None:
    result = _alembic("upgrade", "head", "--sql")
    assert result.returncode == 0, result.stderr
    assert "CREATE TABLE recovery_deliveries" in result.stdout
