"""The way to Alembic: brings the schema of a database to a revision. An advisory lock keeps two migrations apart.
A second connection holds it, in a transaction that lasts until the last one is done, behind a pooler as well.

The engine runs on meanwhile. Each migration has a transaction of its own, so that it keeps its locks no longer than it
needs them, and begins with `lock`. If a backup or a report holds one of its tables, it gives up before anybody waits
long behind it, and is tried again for as long as the caller wants.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from random import random
from typing import Final, TypeAlias

from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from engine.core.errors import HeldError, MigrationError, UnreachableError
from storage.bundled import bundled
from storage.postgres.connection import NAME, NOT_PASSED_ON, connect
from storage.postgres.connection import Connection as AsyncpgConnection
from storage.postgres.lock_waits import FIND_HOLDERS, GAVE_UP, WAIT_MS, held
from storage.postgres.revision import is_one_ahead

_SCRIPTS: Final = bundled("migrations")
_LOCK: Final = 7_203_114  # any number, as long as it is ours alone
_LIMITS: Final = f"""
SELECT set_config('lock_timeout', '{WAIT_MS}', true), set_config('statement_timeout', '0', true),
    set_config('idle_in_transaction_session_timeout', '0', true)
"""
_UNLIMITED: Final = {**NAME, "statement_timeout": "0"}
WAIT_S: Final = 60.0
"""How long a migration is tried again while something is in its way, unless the caller wants otherwise."""
_BACKOFF_S: Final = (1.0, 2.0, 4.0)
Tell: TypeAlias = Callable[[str], object]


def _tell_nobody(_: str) -> None: ...


def upgrade(database_url: str, revision: str = "head", wait_s: float = WAIT_S, tell: Tell = _tell_nobody) -> None:
    """Bring the schema up to `revision`. `tell` hears what it waits for. Raises HeldError, UnreachableError.

    One that is a migration ahead stays as it is: the release step of a deploy that goes back must not fail.
    """
    with_connection(database_url, partial(_upgrade, revision, tell), wait_s, tell)


def downgrade(database_url: str, revision: str = "base", wait_s: float = WAIT_S, tell: Tell = _tell_nobody) -> None:
    """Take the schema down to `revision`; the data of what is dropped is lost. Raises HeldError, UnreachableError."""
    with_connection(database_url, partial(_act, partial(command.downgrade, revision=revision)), wait_s, tell)


def lock(*tables: str) -> None:
    """Lock every table that a migration changes, in its first statement, or give up before others wait for long.

    What follows must take a moment only: it may not rewrite a table or build an index that grows with the chats.
    """
    op.execute(f"SET LOCAL statement_timeout = {WAIT_MS}")
    op.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
    op.execute("SET LOCAL statement_timeout = 0")


def with_connection(
    database_url: str, act: Callable[[Connection], None], wait_s: float = WAIT_S, tell: Tell = _tell_nobody
) -> None:
    """Run `act` while no other migration runs, again if a table is held. Raises HeldError, UnreachableError."""
    asyncio.run(_run_until_done(database_url, act, wait_s, tell))


async def _run_until_done(database_url: str, act: Callable[[Connection], None], wait_s: float, tell: Tell) -> None:
    give_up = asyncio.get_running_loop().time() + wait_s
    failures = 0
    while True:
        try:
            return await _run(database_url, act)
        except HeldError as error:
            pause_s = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)] * (1 + random())  # noqa: S311 - jitter, no secret
            if asyncio.get_running_loop().time() + pause_s > give_up:
                raise
            tell(f"{error} Trying again in {pause_s:.0f} s.")
        failures += 1
        await asyncio.sleep(pause_s)


async def _run(database_url: str, act: Callable[[Connection], None]) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", poolclass=NullPool, async_creator=partial(_connect, database_url)
    )
    event.listen(engine.sync_engine, "begin", _limit)
    try:
        async with engine.connect() as lock, engine.connect() as connection:
            await lock.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await connection.run_sync(act)
            await connection.commit()
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in GAVE_UP:
            raise HeldError(await _what_is_in_the_way(engine)) from error
        raise _unreachable(error.orig.__cause__ if error.orig else error) from error
    except OSError as error:
        raise _unreachable(error) from error
    except CommandError as error:
        raise MigrationError(
            f"The database was not migrated ({error}): deploy the code that knows it, or name another revision."
        ) from error
    finally:
        await engine.dispose()


async def _connect(database_url: str) -> AsyncpgConnection:
    """Without the database's own time-out, which could end a first statement, unless a pooler refuses that."""
    try:
        return await connect(database_url, _UNLIMITED)
    except UnreachableError as error:
        if NOT_PASSED_ON not in str(error):
            raise
    return await connect(database_url, NAME)


def _unreachable(cause: BaseException | None) -> UnreachableError:
    said = str(cause).partition("\n")[0]
    return UnreachableError(f"PostgreSQL could not be migrated ({said}): check DATABASE_URL and the server's log.")


async def _what_is_in_the_way(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        holders = [row[0] for row in await connection.execute(text(FIND_HOLDERS))]
    return f"{held('The database was not migrated', holders)}. Run `python -m engine migrate` when that is over."


def _limit(connection: Connection) -> None:
    """Of each transaction, in its first statement, before the database's own time-outs could end another."""
    connection.exec_driver_sql(_LIMITS)


def _upgrade(revision: str, tell: Tell, connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # or all migrations would be one transaction
    if revision == "head" and is_one_ahead(current):
        tell("The database is one migration ahead of this code, which runs with it: nothing was migrated.")
    else:
        _act(partial(command.upgrade, revision=revision), connection)


def _act(act: Callable[[Config], None], connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    act(config)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config
