"""The least rights, as `docs/access` gives them: users of both servers, made from its files."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg

_FILES: Final = Path(__file__).parents[2] / "docs" / "access"
PASSWORD: Final = "of-the-engine"  # noqa: S105 - it opens servers that end with the run
OWNER: Final = "recovery_owner"
ENGINE: Final = "recovery_engine"


def redis_rules() -> tuple[str, list[str]]:
    """The user, and the rules that make it."""
    line = (_FILES / "redis.acl").read_text("utf-8").replace("CHANGE-THIS-PASSWORD", PASSWORD)
    _, name, *rules = line.split()
    return name, rules


async def make_roles(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    for role in (OWNER, ENGINE):
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
    await connection.close()


async def grant(database_url: str) -> None:
    """Run the file as its head says."""
    connection = await asyncpg.connect(database_url)
    await connection.execute((_FILES / "postgres.sql").read_text("utf-8"))
    await connection.close()


def as_user(url: str, user: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=f"{user}:{PASSWORD}@{parts.netloc.rpartition('@')[2]}").geturl()
