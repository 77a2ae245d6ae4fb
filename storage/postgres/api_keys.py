"""Keys for a bot's HTTP API. Only their hashes are stored: people who read this table can use none of them."""

from typing import NamedTuple

from engine.core.change import Change
from storage.postgres import audit
from storage.postgres.pool import Connection, Pool, transaction


class ApiKey(NamedTuple):
    key_id: int
    name: str
    created_at_ms: int
    revoked_at_ms: int | None


class ActiveKey(NamedTuple):
    """A key that gives access to one bot."""

    hash: bytes
    bot_id: int


async def add(connection: Connection, bot_id: int, name: str, key_hash: bytes, change: Change) -> None:
    key_id = await connection.fetchval(
        "INSERT INTO api_keys (bot_id, name, hash, created_at) VALUES ($1, $2, $3, $4) RETURNING id",
        *(bot_id, name, key_hash, change.at),
    )
    await audit.record(connection, change, bot_id, "api_key.add", None, audit.state(id=key_id, name=name))


async def revoke(connection: Connection, bot_id: int, key: ApiKey, change: Change) -> None:
    await connection.execute("UPDATE api_keys SET revoked_at = $2 WHERE id = $1", key.key_id, change.at)
    before = audit.state(id=key.key_id, name=key.name)
    await audit.record(connection, change, bot_id, "api_key.revoke", before, None)


async def of_bot(connection: Connection, bot_id: int) -> list[ApiKey]:
    """Revoked ones too, the oldest first."""
    rows = await connection.fetch(
        "SELECT id, name, created_at, revoked_at FROM api_keys WHERE bot_id = $1 ORDER BY id", bot_id
    )
    return [ApiKey(*row) for row in rows]


async def list_live(pool: Pool) -> list[ActiveKey]:
    """Raises UnreachableError."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT k.hash, k.bot_id FROM api_keys k JOIN bots b ON b.id = k.bot_id"
            " WHERE k.revoked_at IS NULL AND b.status <> 'removed'"
        )
    return [ActiveKey(*row) for row in rows]
