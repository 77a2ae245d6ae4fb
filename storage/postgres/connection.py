"""How a connection to PostgreSQL is made, and what we say when it fails: the same for the pool and the migration."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import asyncpg

from engine.core.errors import SettingsError, UnreachableError
from storage.postgres.address import read_address

REFUSALS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What the client raises; the last one is for a connection that is lost at the wrong moment."""
_USUAL: Final = "check DATABASE_URL and that the server is up"
_MENDS: Final[Mapping[str, str]] = {
    "rejected SSL upgrade": "turn on TLS in the server (`ssl = on`), or take sslmode out of DATABASE_URL",
    "no encryption": "the server wants TLS, so write sslmode=verify-full in DATABASE_URL",
    "server sent an error response during SSL exchange": "check the server's log",
    "closed in the middle": "check DATABASE_URL: sslmode if the server wants TLS, sslcert if it wants a certificate"
    " of ours",
    "permission denied to create temporary": "run docs/access/postgres.sql again, as the role of DATABASE_URL lacks"
    " TEMPORARY on the database",
    "read-only transaction": "name the primary in DATABASE_URL, this server is a replica or takes no writes",
    "unsupported startup parameter": "connect to PostgreSQL itself, as this pooler does not pass on what we set",
}
"""By words of the error that the client or the server gives."""


async def connect(database_url: str, session: Mapping[str, str]) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection, with these settings of its session. Raises SettingsError, UnreachableError."""
    address = read_address(database_url, session)
    with connecting():
        return await asyncpg.connect(**address)


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
