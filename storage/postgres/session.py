"""A session of the server: what our statements need in it, and how it gets there.

A connection to PostgreSQL itself has a session to itself, and gets our settings and functions once, as it opens.

A pooler in transaction mode lends a session for one transaction. What we leave in it may not be there the next time,
and others get it after us. So each transaction brings its own settings. The functions carry theirs, and a session that
lacks the functions gets them when a call misses them, as Redis gets scripts. There, their names end in a hash of their
text, because another release may share the session.
"""

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any, Final, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from storage.postgres.connection import is_lent
from storage.postgres.statements import read_functions

Settings: TypeAlias = Mapping[str, str]
Lendable: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"
"""A `Session` as the pool hands it out."""
_MISSING: Final = (asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError)
"""The second one where a session has no temporary schema yet."""
_NAME: Final = re.compile(r"pg_temp\.\w+")
_LANGUAGE: Final = "LANGUAGE plpgsql "


class Session(asyncpg.Connection):
    """`lent`: a pooler lends it a session of the server for each transaction, not always the same one."""

    lent: bool = False


def lent(connection: Lendable) -> bool:
    """One that was not opened here is its opener's own."""
    return bool(getattr(connection, "lent", False))


async def begin_session(connection: Session, address: Mapping[str, Any], settings: Settings) -> None:
    """Give a new connection what it needs; `address` is how it was made. Raises SettingsError."""
    connection.lent = await is_lent(connection, address)
    if not connection.lent:
        await connection.execute(set_all(settings) + read_functions())


async def call_where_lent(
    connection: Lendable, function: str, arguments: tuple[object, ...], settings: Settings
) -> list[asyncpg.Record]:
    """Run a function in whatever session the pooler lends, in one round trip where it is known already.

    The session of the second attempt may be another, which knows the functions.
    """
    statement = _with_hash(function)
    try:
        return await connection.fetch(statement, *arguments)
    except _MISSING:
        async with connection.transaction():
            await connection.execute(_carrying(settings))
            return await connection.fetch(statement, *arguments)


def set_all(settings: Settings, scope: str = "SESSION") -> str:
    return "".join(f"SET {scope} {name} = '{value}';\n" for name, value in settings.items())


def _carrying(settings: Settings) -> str:
    """The functions, each of which has these settings while it runs. One that is a single query is part of another."""
    clauses = "".join(f"SET {name} = '{value}' " for name, value in settings.items())
    made = _with_hash(read_functions()).replace(_LANGUAGE, _LANGUAGE + clauses)
    return made.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


@cache
def _with_hash(text: str) -> str:
    return _NAME.sub(rf"\g<0>_{_hash()}", text)


@cache
def _hash() -> str:
    return sha256(read_functions().encode()).hexdigest()[:12]
