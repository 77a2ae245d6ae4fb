"""The bots whose users are watched. Tokens pass through here encrypted, never in clear."""

from typing import NamedTuple

from storage.postgres import Connection


class BotRecord(NamedTuple):
    bot_id: int
    username: str
    token: bytes
    status: str
    pace: int


async def add(connection: Connection, bot_id: int, username: str, token: bytes, now_ms: int) -> None:
    """Register a bot, or give a known one its new token and name; it is active then."""
    await connection.execute(
        "INSERT INTO bots (id, username, token, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (id) DO UPDATE SET username = excluded.username, token = excluded.token, status = 'active'",
        *(bot_id, username, token, now_ms),
    )


async def id_of(connection: Connection, username: str) -> int | None:
    bot_id: int | None = await connection.fetchval("SELECT id FROM bots WHERE lower(username) = lower($1)", username)
    return bot_id


async def list_bots(connection: Connection) -> list[BotRecord]:
    rows = await connection.fetch(
        "SELECT id, username, token, status, pace FROM bots WHERE status <> 'removed' ORDER BY id"
    )
    return [BotRecord(*row) for row in rows]


async def suspend(connection: Connection, bot_id: int, token: bytes, detail: str, now_ms: int) -> bool:
    """Hold everything of a bot, and open an incident that says why; False if it has another token by now."""
    suspended = await connection.fetchval(
        "UPDATE bots SET status = 'suspended' WHERE id = $1 AND token = $2 AND status <> 'removed' RETURNING id",
        *(bot_id, token),
    )
    if suspended:
        await open_incident(connection, bot_id, "bot_suspended", detail, now_ms)
    return suspended is not None


async def open_incident(connection: Connection, bot_id: int, kind: str, detail: str, now_ms: int) -> None:
    """One open incident a bot and kind: a repeated one changes nothing."""
    await connection.execute(
        "INSERT INTO incidents (bot_id, kind, detail, opened_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        *(bot_id, kind, detail, now_ms),
    )
