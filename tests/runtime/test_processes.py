"""The processes at their start: each fault is one line that names the mend."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import redis

ROOT = Path(__file__).parents[2]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
POLLER = ("engine.poller", "--shard", "0")
RECEIVER = ("engine.receiver",)
NOWHERE = {"REDIS_URL": "redis://127.0.0.1:1/0", "DATABASE_URL": "postgresql://x:y@127.0.0.1:1/recovery"}


def start(command: tuple[str, ...], **environment: str) -> tuple[int, str]:
    """Run a process that is expected to refuse; its status and its output."""
    bare = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    result = subprocess.run(  # noqa: S603 - our own processes
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env={**bare, "ENCRYPTION_KEY": KEY, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        input="",
    )
    return result.returncode, result.stdout + result.stderr


def refuses(command: tuple[str, ...], mend: str, **environment: str) -> None:
    status, said = start(command, **environment)
    assert status == 1
    assert mend in said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [POLLER, RECEIVER], ids=lambda command: command[0])
def test_a_missing_variable_is_named(command: tuple[str, ...]) -> None:
    refuses(command, "REDIS_URL is not set")


@pytest.mark.parametrize("command", [POLLER, RECEIVER], ids=lambda command: command[0])
def test_an_unreachable_redis_is_named(command: tuple[str, ...]) -> None:
    refuses(command, "check REDIS_URL", **NOWHERE)


@pytest.mark.parametrize("command", [POLLER, RECEIVER], ids=lambda command: command[0])
def test_an_unreachable_postgres_is_named(command: tuple[str, ...], redis_url: str) -> None:
    refuses(command, "check DATABASE_URL", **{**NOWHERE, "REDIS_URL": redis_url})


def test_a_shard_out_of_range_is_refused_with_the_range(redis_url: str) -> None:
    environment = {**NOWHERE, "REDIS_URL": redis_url}
    refuses(("engine.poller", "--shard", "2"), "from 0 to 1", SHARDS="2", **environment)
    refuses(("engine.poller", "--shard", "2"), "--reshard 3", **environment)


def test_a_poller_with_another_number_of_shards_is_refused_with_both_mends(redis_url: str) -> None:
    environment = {**NOWHERE, "REDIS_URL": redis_url}
    assert start(("engine.poller", "--reshard", "3"), **environment)[0] == 0
    refuses(POLLER, "set SHARDS=3", SHARDS="4", **environment)
    refuses(POLLER, "--reshard 4", SHARDS="4", **environment)


def test_a_new_number_of_shards_says_which_pollers_are_missing(redis_url: str) -> None:
    environment = {**NOWHERE, "REDIS_URL": redis_url}
    start(("engine.poller", "--reshard", "3"), **environment)
    status, said = start(("engine.poller", "--reshard", "5"), **environment)
    assert status == 0
    assert "shards 3 to 4" in said


@pytest.mark.parametrize("count", ["0", "-1", "1025", "three"])
def test_an_impossible_number_of_shards_is_refused(count: str, redis_url: str) -> None:
    status, said = start(("engine.poller", f"--reshard={count}"), **{**NOWHERE, "REDIS_URL": redis_url})
    assert status == 2
    assert "from 1 to 1024" in said


def test_a_port_that_cannot_be_listened_on_is_named(redis_url: str, database_url: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refuses(RECEIVER, "set HOST and PORT", REDIS_URL=redis_url, DATABASE_URL=database_url, PORT=port)


def test_an_evicting_redis_is_refused(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            refuses(POLLER, "maxmemory-policy noeviction", **{**NOWHERE, "REDIS_URL": redis_url})
        finally:
            client.config_set("maxmemory-policy", "noeviction")


async def test_a_database_without_migrations_is_refused(database_url: str, redis_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM alembic_version")
    await connection.close()
    refuses(POLLER, "python -m engine migrate", REDIS_URL=redis_url, DATABASE_URL=database_url)


def test_a_bot_without_a_token_is_refused_with_the_mend() -> None:
    refuses(("engine", "bots", "add"), "set BOT_TOKEN", **NOWHERE)


def test_a_bot_api_that_does_not_answer_is_named_and_the_token_is_not() -> None:
    token = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQr"  # noqa: S105 - made up
    status, said = start(("engine", "bots", "add"), BOT_TOKEN=token, TELEGRAM_API_URL="http://127.0.0.1:1", **NOWHERE)
    assert status == 1
    assert "TELEGRAM_API_URL" in said
    assert token not in said
