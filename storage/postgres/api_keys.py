"""Keys for a bot's HTTP API. Only their hashes are stored: people who read this table can use none of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from engine.core.api_key import Scope
from engine.core.change import Change
from storage.postgres import audit
from storage.postgres.columns import to_columns
from storage.postgres.pool import Connection, Pool, fetch, transaction
from storage.postgres.statements import read_statement

_LIST_LIVE: Final = read_statement("list_live_keys")
_NOTE_USES: Final = read_statement("note_key_uses")


class Rights(NamedTuple):
    """What a key may do, and until when; None: until it is revoked."""

    scopes: tuple[Scope, ...]
    expires_at_ms: int | None


class ApiKey(NamedTuple):
    """A key as admins see it. `hint` is how it begins; older keys have none."""

    key_id: int
    name: str
    hint: str
    rights: Rights
    created_at_ms: int
    created_by: str | None
    last_used_at_ms: int | None
    revoked_at_ms: int | None


class ActiveKey(NamedTuple):
    """A key that gives access to one bot, whose name and status come with it."""

    key_id: int
    hash: bytes
    name: str
    scopes: tuple[Scope, ...]
    expires_at_ms: int | None
    bot_id: int
    username: str
    status: str


class _Use(NamedTuple):
    key_id: int
    used_at: int


async def add(
    connection: Connection, bot_id: int, name: str, key_hash: bytes, hint: str, rights: Rights, change: Change
) -> None:
    key_id = await connection.fetchval(
        "INSERT INTO api_keys (bot_id, name, hash, hint, scopes, expires_at, created_at, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        *(bot_id, name, key_hash, hint, list(rights.scopes), rights.expires_at_ms, change.at, change.actor),
    )
    await audit.record(connection, change, bot_id, "api_key.add", None, _state(key_id, name, rights))


async def set_rights(connection: Connection, bot_id: int, key: ApiKey, rights: Rights, change: Change) -> None:
    await connection.execute(
        "UPDATE api_keys SET scopes = $2, expires_at = $3 WHERE id = $1",
        *(key.key_id, list(rights.scopes), rights.expires_at_ms),
    )
    before, after = (_state(key.key_id, key.name, each) for each in (key.rights, rights))
    await audit.record(connection, change, bot_id, "api_key.edit", before, after)


async def revoke(connection: Connection, bot_id: int, key: ApiKey, change: Change) -> None:
    await connection.execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1", key.key_id, change.at)
    before = _state(key.key_id, key.name, key.rights)
    await audit.record(connection, change, bot_id, "api_key.revoke", before, None)


async def of_bot(connection: Connection, bot_id: int) -> list[ApiKey]:
    """Revoked ones too, the oldest first."""
    rows = await connection.fetch(
        "SELECT id, name, hint, scopes, expires_at, created_at, created_by, last_used_at, revoked_at"
        " FROM api_keys WHERE bot_id = $1 ORDER BY id",
        bot_id,
    )
    return [_api_key(*row) for row in rows]


async def list_live(pool: Pool) -> list[ActiveKey]:
    """Those that are not revoked; one that has ended is among them. Raises UnreachableError."""
    rows = await fetch(pool, _LIST_LIVE)
    return [ActiveKey(*row)._replace(scopes=_scopes(row["scopes"])) for row in rows]


async def note_uses(pool: Pool, used_at_ms: Mapping[int, int]) -> None:
    """Write down when keys were last used. Raises UnreachableError."""
    uses = sorted(_Use(*use) for use in used_at_ms.items())
    async with transaction(pool) as connection:
        await connection.execute(_NOTE_USES, *to_columns(uses))


def _api_key(key_id: int, name: str, hint: str, scopes: Sequence[str], expires_at_ms: int | None, *more: Any) -> ApiKey:
    return ApiKey(key_id, name, hint, Rights(_scopes(scopes), expires_at_ms), *more)


def _scopes(names: Sequence[str]) -> tuple[Scope, ...]:
    """A scope of a newer version is none here."""
    return tuple(scope for scope in Scope if scope in names)


def _state(key_id: int, name: str, rights: Rights) -> str:
    return audit.state(id=key_id, name=name, scopes=rights.scopes, expires_at=rights.expires_at_ms)
