"""How we reach PostgreSQL: one pool for each process, and one error for whatever the server does not do.

Every statement of the hot path looks rows up by key, in batches. A planner that believes the statistics of an empty
table would hash or scan instead, at many times the cost; so those plans are switched off for these connections. Such a
statement is planned once and not again for each call: its plan is the same for every batch, and making it costs more
than the work of a small one. Behind a pooler the same settings come with each transaction and each function:
storage/postgres/session.py.

A process that stands still inside a transaction loses it after three seconds, and with it the locks that would hold up
its successor.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from engine.core.errors import RefusedError, UnreachableError
from storage.postgres.address import read_address
from storage.postgres.connection import NAME, REFUSALS, connecting
from storage.postgres.revision import check_revision
from storage.postgres.session import Lendable, Session, begin_session, call_where_lent, lent, set_all

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_SESSION: Final = {
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    "idle_in_transaction_session_timeout": "3000",
}
MOST_CONNECTIONS: Final = 8
"""Of each process; docs/architecture.md says what they add up to."""
_OF_VALUES: Final = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.RaiseError)
"""Errors that the same values would meet again. An object that is missing, or a right, may be there the next time."""
_UNWRITABLE: Final = "invalid input for query argument"
"""Begins what the client says of a value that it cannot write."""
_TIMEOUT_S: Final = 30
_ACQUIRE_S: Final = 10
"""For a free connection. When all are busy for so long, the caller had better say so than wait."""


async def open_pool(database_url: str) -> Pool:
    """Connect, and refuse a schema that does not fit. Raises UnreachableError, SettingsError, MigrationError."""
    address = read_address(database_url, NAME)
    with connecting():
        pool = await asyncpg.create_pool(
            **address,
            min_size=1,
            max_size=MOST_CONNECTIONS,
            command_timeout=_TIMEOUT_S,
            connection_class=Session,
            init=partial(begin_session, address=address, settings=_SESSION),
            reset=_keep_session,
        )
    check_revision(await _revision(pool))
    return pool


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One transaction, on a connection of its own. Raises UnreachableError for whatever PostgreSQL does not do, and
    RefusedError if it is the values that it refuses.
    """
    async with _answering(pool), _acquired(pool) as connection, _begun(connection):
        yield connection


async def fetch(pool: Pool, statement: str, *arguments: object) -> list[asyncpg.Record]:
    """Run one statement, a transaction of its own. It is one round trip, except in a lent session, which first has to
    get our settings. Raises what `transaction` does.
    """
    async with _answering(pool), _acquired(pool) as connection:
        if not lent(connection):
            return await connection.fetch(statement, *arguments)
        async with _begun(connection):
            return await connection.fetch(statement, *arguments)


async def call(pool: Pool, function: str, *arguments: object) -> list[asyncpg.Record]:
    """Run a function of the session, a transaction of its own, in one round trip. Raises what `transaction` does."""
    async with _answering(pool), _acquired(pool) as connection:
        if lent(connection):
            return await call_where_lent(connection, function, arguments, _SESSION)
        return await connection.fetch(function, *arguments)


async def _keep_session(_: object) -> None:
    """Nothing that we run leaves anything behind in its session, so a connection goes back without a round trip."""


@asynccontextmanager
async def _begun(connection: Lendable) -> AsyncIterator[None]:
    async with connection.transaction():
        if lent(connection):
            await connection.execute(set_all(_SESSION, "LOCAL"))
        yield


@asynccontextmanager
async def _answering(pool: Pool) -> AsyncIterator[None]:
    """After a connection that broke, or an answer that is late, the others may be useless too: their server may have
    gone without a word. They are made again before their next use.
    """
    try:
        yield
    except (OSError, *REFUSALS) as error:
        if isinstance(error, OSError | asyncpg.PostgresConnectionError):
            await pool.expire_connections()
        kind = RefusedError if _is_of_values(error) else UnreachableError
        raise kind(
            f"PostgreSQL did not answer ({_without_values(error)}): check DATABASE_URL and the server's log."
        ) from error


@asynccontextmanager
async def _acquired(pool: Pool) -> AsyncIterator[Lendable]:
    try:
        connection = await pool.acquire(timeout=_ACQUIRE_S)
    except TimeoutError as error:
        raise UnreachableError(
            f"PostgreSQL did not answer (no connection was free for {_ACQUIRE_S} s): check its load and its log."
        ) from error
    try:
        yield connection
    finally:
        await pool.release(connection)


def _is_of_values(error: Exception) -> bool:
    return isinstance(error, _OF_VALUES) or str(error).startswith(_UNWRITABLE)


def _without_values(error: Exception) -> str:
    """The lines after the first may quote a row; after a colon, PostgreSQL and its client quote a value."""
    line = str(error).partition("\n")[0]
    said = line if isinstance(error, OSError) else line.partition(": ")[0]
    return said or type(error).__name__


async def now_ms(pool: Pool) -> int:
    """PostgreSQL's clock: to compare it with Redis's, which decides, and to date a stop while Redis is down.

    Raises UnreachableError.
    """
    (row,) = await fetch(pool, "SELECT extract(epoch FROM clock_timestamp()) * 1000")
    return int(row[0])


async def _revision(pool: Pool) -> str | None:
    if await pool.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision: str | None = await pool.fetchval("SELECT version_num FROM alembic_version")
    return revision
