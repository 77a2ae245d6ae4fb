"""How a connection to PostgreSQL is made, and what we say when it fails: the same for the pool and the migration.

Nothing but our name is set as a connection begins: a pooler would refuse the rest. A pooler between us and PostgreSQL
is noticed, because it gives each connection a process id of its own invention. If it lends sessions, it has to know
the prepared statements, which it shows by giving them other names.
"""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import asyncpg

from engine.core.errors import SettingsError, UnreachableError
from storage.postgres.address import read_address

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
NAME: Final = {"application_name": "recovery"}
"""All that may be set as a connection begins, whatever is at the other end."""
REFUSALS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the client raises; the last one is for a connection that is lost at the wrong moment."""
_POOLER: Final = "PgBouncer needs release 1.21 with max_prepared_statements above 0, or pool_mode = session"
NOT_PASSED_ON: Final = "unsupported startup parameter"
"""Says a pooler of what would be set as a connection begins."""
_USUAL: Final = "check DATABASE_URL and that the server is up"
_MENDS: Final[Mapping[str, str]] = {
    "rejected SSL upgrade": "turn on TLS in the server (`ssl = on`), or take sslmode out of DATABASE_URL",
    "no encryption": "the server wants TLS, so write sslmode=verify-full in DATABASE_URL",
    "server sent an error response during SSL exchange": "check the server's log",
    "statement pooling mode": "set pool_mode = transaction in the pooler",
    "closed in the middle": "check DATABASE_URL: sslmode if the server wants TLS, sslcert if it wants a certificate"
    " of ours",
    "permission denied to create temporary": "run docs/access/postgres.sql again, as the role of DATABASE_URL lacks"
    " TEMPORARY on the database",
    "read-only transaction": "name the primary in DATABASE_URL, this server is a replica or takes no writes",
    NOT_PASSED_ON: "take it out of DATABASE_URL, as this pooler does not pass it on",
    'prepared statement "': _POOLER,
}
"""By words of the error that the client or the server gives."""
_LOOK: Final = r"""
SELECT pg_backend_pid(), EXISTS (SELECT FROM pg_prepared_statements WHERE name LIKE '\_\_asyncpg\_stmt\_%')
"""
"""The process behind a connection, and whether statements have the names there that our client gave them."""
_PATIENCE_S: Final = 1.0


async def connect(database_url: str, session: Mapping[str, str]) -> Connection:
    """One connection, which sets `session` as it begins. Raises SettingsError, UnreachableError."""
    address = read_address(database_url, session)
    with connecting():
        connection: Connection = await asyncpg.connect(**address)
        try:
            await is_lent(connection, address)
        except BaseException:
            connection.terminate()
            raise
    return connection


async def is_lent(connection: Connection, address: Mapping[str, Any]) -> bool:
    """Whether a pooler lends the connection a session for each transaction. Raises SettingsError if it cannot do so."""
    server, names_kept = await _look(connection)
    if server == connection.get_server_pid():
        return False
    if names_kept and await _is_taken(connection, server, address):
        raise SettingsError(f"DATABASE_URL leads to a pooler that mixes up prepared statements: {_POOLER}.")
    async with connection.transaction():
        return not names_kept


async def _is_taken(connection: Connection, server: int, address: Mapping[str, Any]) -> bool:
    """Whether another connection gets our session between two transactions. It may have to wait until we leave it."""
    other = await asyncpg.connect(**address)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await other.execute("BEGIN")
            return (await _look(other))[0] == server or (await _look(connection))[0] != server
    except TimeoutError:
        return False
    finally:
        other.terminate()


async def _look(connection: Connection) -> tuple[int, bool]:
    server, names_kept = await connection.fetchrow(_LOOK) or (0, False)
    return server, names_kept


@contextmanager
def connecting() -> Iterator[None]:
    """Raises SettingsError or UnreachableError, with the mend, if the block cannot connect."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise UnreachableError(
            f"PostgreSQL's certificate is not accepted ({error.verify_message}): name the authority that signed it"
            " with sslrootcert in DATABASE_URL, and the host as the certificate names it."
        ) from error
    except asyncpg.ClientConfigurationError as error:
        raise SettingsError(f"DATABASE_URL cannot be used ({str(error).partition(chr(10))[0]}): mend it.") from error
    except (OSError, ValueError, OverflowError, *REFUSALS) as error:
        said = str(error).rstrip(".") or type(error).__name__
        mend = next((mend for words, mend in _MENDS.items() if words in said), _USUAL)
        raise UnreachableError(f"PostgreSQL does not answer ({said}): {mend}.") from error
