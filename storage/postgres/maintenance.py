"""A transaction that changes tables beside the running engine, and gives up rather than hold it up."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from asyncpg import PostgresError

from engine.core.errors import HeldError, UnreachableError
from storage.postgres.lock_waits import FIND_HOLDERS, GAVE_UP, Work, held
from storage.postgres.pool import Connection, Pool, fetch, transaction

_LIMIT: Final = "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)"


@asynccontextmanager
async def maintenance(pool: Pool, work: Work, what: str) -> AsyncIterator[Connection]:
    """`what` begins the sentence of a failure. Raises HeldError, UnreachableError."""
    try:
        async with transaction(pool) as connection:
            await connection.execute(_LIMIT, str(work.wait_ms), str(work.run_ms))
            yield connection
    except UnreachableError as error:
        cause = error.__cause__
        if not (isinstance(cause, PostgresError) and cause.sqlstate in GAVE_UP):
            raise
        raise HeldError(f"{held(what, await _holders(pool))}.") from error


async def _holders(pool: Pool) -> list[str]:
    return [row["name"] for row in await fetch(pool, FIND_HOLDERS)]
