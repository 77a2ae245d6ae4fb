"""The way to Alembic: brings the schema of a database to a revision, and checks which one it has.

A database that is one migration ahead of the code is served (the old version during a rolling deploy); one that is
behind, or further ahead, is refused. An advisory lock keeps two concurrent migrations apart.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from engine.core.errors import MigrationError, UnreachableError
from storage.bundled import bundled
from storage.postgres.connection import connect

_SCRIPTS: Final = bundled("migrations")
_LOCK: Final = 7_203_114  # any number, as long as it is ours alone


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`. Raises UnreachableError."""
    with_connection(database_url, partial(_act, partial(command.upgrade, revision=revision)))


def downgrade(database_url: str, revision: str = "base") -> None:
    """Take the schema down to `revision`; the data of what is dropped is lost. Raises UnreachableError."""
    with_connection(database_url, partial(_act, partial(command.downgrade, revision=revision)))


def with_connection(database_url: str, act: Callable[[Connection], None]) -> None:
    """Run `act` in one transaction that no other migration runs beside. Raises UnreachableError."""
    asyncio.run(_run(database_url, act))


def check_revision(current: str | None) -> None:
    """Refuse a schema that does not fit this code. Raises MigrationError."""
    script = ScriptDirectory.from_config(_config())
    known = [item.revision for item in script.walk_revisions()]
    if current == script.get_current_head():
        return
    if current is None or current in known:
        raise MigrationError("The database lacks migrations: run `python -m engine migrate`, then start again.")
    if _number(current) != _number(known[0]) + 1:
        raise MigrationError("The database is more than one migration ahead of this code: deploy the newer code.")


def _number(revision: str) -> int:
    return int(revision.split("_", maxsplit=1)[0])


async def _run(database_url: str, act: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=partial(connect, database_url)
    )
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_locked, act)
    except (OSError, DBAPIError) as error:
        raise UnreachableError(f"PostgreSQL could not be migrated ({error}): check DATABASE_URL.") from error
    finally:
        await engine.dispose()


def _locked(connection: Connection, act: Callable[[Connection], None]) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    act(connection)


def _act(act: Callable[[Config], None], connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    act(config)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
