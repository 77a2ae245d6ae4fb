"""The bots whose users are watched. Tokens pass through here encrypted, never in clear.

Every change of a bot is in one transaction with its line of the audit log, which never holds a token.
"""

from typing import Final, NamedTuple

from engine.core.change import Change
from storage.postgres import audit, feed_doubts
from storage.postgres.incidents import TOKEN_INCIDENTS, close_incidents, open_incident
from storage.postgres.pool import Connection, Pool, fetch

_ENGINE: Final = "engine"
"""The actor of what the engine does by itself."""

_FIND: Final = "SELECT id, username, token, status, pace, paid_broadcast, new_chats_by_api FROM bots"
_HOLD: Final = f"{_FIND} WHERE id = $1 FOR NO KEY UPDATE"
_HOLD_NAMED: Final = f"{_FIND} WHERE lower(username) = lower($1) FOR NO KEY UPDATE"
_LIST: Final = f"{_FIND} WHERE status <> 'removed' ORDER BY id"


class BotRecord(NamedTuple):
    bot_id: int
    username: str
    token: bytes
    status: str
    pace: int
    paid_broadcast: bool
    new_chats_by_api: bool = False


async def add(connection: Connection, bot_id: int, username: str, token: bytes, change: Change) -> None:
    """Register a bot, or give a known one its new token and name; its incidents are over. A paused bot stays paused,
    any other becomes active.
    """
    before = await hold(connection, bot_id)
    status = await connection.fetchval(
        "INSERT INTO bots (id, username, token, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (id) DO UPDATE SET username = excluded.username, token = excluded.token,"
        " status = CASE bots.status WHEN 'paused' THEN 'paused' ELSE 'active' END RETURNING status",
        *(bot_id, username, token, change.at),
    )
    await close_incidents(connection, bot_id, TOKEN_INCIDENTS, change.at)
    after = audit.state(username=username, status=status)
    await audit.record(connection, change, bot_id, "bot.add", before and _state(before), after)


async def set_status(connection: Connection, before: BotRecord, status: str, action: str, change: Change) -> None:
    """Let a bot send, or hold it."""
    await connection.execute("UPDATE bots SET status = $2 WHERE id = $1", before.bot_id, status)
    states = (_state(before), _state(before._replace(status=status)))
    await audit.record(connection, change, before.bot_id, f"bot.{action}", *states)


async def set_pace(connection: Connection, before: BotRecord, pace: int, change: Change, *, paid: bool) -> None:
    """Set how many messages a second a bot may send, and whether it pays Stars for them."""
    await connection.execute("UPDATE bots SET pace = $2, paid_broadcast = $3 WHERE id = $1", before.bot_id, pace, paid)
    states = (
        audit.state(username=before.username, pace=before.pace, paid_broadcast=before.paid_broadcast),
        audit.state(username=before.username, pace=pace, paid_broadcast=paid),
    )
    await audit.record(connection, change, before.bot_id, "bot.pace", *states)


async def set_new_chats(connection: Connection, before: BotRecord, change: Change, *, by_api: bool) -> None:
    """Set whether the bot's HTTP API may name people whom no update has shown."""
    await connection.execute("UPDATE bots SET new_chats_by_api = $2 WHERE id = $1", before.bot_id, by_api)
    states = (
        audit.state(username=before.username, new_chats_by_api=before.new_chats_by_api),
        audit.state(username=before.username, new_chats_by_api=by_api),
    )
    await audit.record(connection, change, before.bot_id, "bot.new_chats", *states)


async def trust(connection: Connection, before: BotRecord, change: Change) -> None:
    """Believe the bot's silences as they stand, whoever has read its updates. A doubt that is over stays."""
    doubted_until = await feed_doubts.clear(connection, before.bot_id, change.at)
    if doubted_until is not None:
        states = (audit.state(username=before.username, doubted_until=doubted_until), _state(before))
        await audit.record(connection, change, before.bot_id, "bot.trust", *states)


async def remove(connection: Connection, before: BotRecord, change: Change) -> None:
    """Stop serving a bot; its token is gone for good."""
    await connection.execute("UPDATE bots SET token = '' WHERE id = $1", before.bot_id)
    await set_status(connection, before, "removed", "remove", change)


async def removed(pool: Pool) -> list[int]:
    """The bots that are no longer served. Raises UnreachableError."""
    return [row["id"] for row in await fetch(pool, "SELECT id FROM bots WHERE status = 'removed'")]


async def hold(connection: Connection, bot_id: int) -> BotRecord | None:
    """Find a bot, even a removed one, and lock it until the transaction ends."""
    row = await connection.fetchrow(_HOLD, bot_id)
    return BotRecord(*row) if row else None


async def hold_named(connection: Connection, username: str) -> BotRecord | None:
    """The same by its name, in any case."""
    row = await connection.fetchrow(_HOLD_NAMED, username)
    return BotRecord(*row) if row else None


async def list_bots(connection: Connection) -> list[BotRecord]:
    rows = await connection.fetch(_LIST)
    return [BotRecord(*row) for row in rows]


async def suspend(connection: Connection, bot_id: int, token: bytes, detail: str, now_ms: int) -> bool:
    """Hold everything of a bot, and open an incident that says why; False if it has another token by now.

    A bot that an admin has paused stays paused: otherwise a token that works would let it go on.
    """
    before = await hold(connection, bot_id)
    if before is None or before.token != token or before.status == "removed":
        return False
    if before.status == "active":
        await set_status(connection, before, "suspended", "suspend", Change(_ENGINE, now_ms))
    await open_incident(connection, bot_id, "bot_suspended", detail, now_ms)
    return True


def _state(bot: BotRecord) -> str:
    return audit.state(username=bot.username, status=bot.status)
