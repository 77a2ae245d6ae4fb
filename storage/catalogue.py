"""The bots and where their campaigns stand, as pollers need them: read again every second, whole."""

from typing import Final, NamedTuple

import asyncpg

from engine.core import campaign
from engine.core.campaign import Snapshot
from engine.core.errors import UnreachableError

_BOTS: Final = """
SELECT b.id, b.username, b.token, b.pace, b.status, coalesce(k.state, 'draft') AS state, k.published_version,
    k.activated_at, coalesce(s.engaged, false) AS emergency_stop
FROM bots b LEFT JOIN recovery_campaigns k ON k.bot_id = b.id LEFT JOIN switches s ON s.name = 'emergency_stop'
WHERE b.status <> 'removed' ORDER BY b.id
"""


class BotRow(NamedTuple):
    bot_id: int
    username: str
    token: bytes
    pace: int
    status: str
    campaign_state: str
    published_version: int | None
    activated_at_ms: int | None
    emergency_stop: bool


async def list_bots(pool: asyncpg.Pool) -> list[BotRow]:
    """Raises UnreachableError."""
    try:
        return [BotRow(*row) for row in await pool.fetch(_BOTS)]
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnreachableError(f"PostgreSQL did not answer ({error}): check DATABASE_URL and its log.") from error


async def load_snapshot(pool: asyncpg.Pool, bot_id: int, version: int) -> Snapshot | None:
    document: str | None = await pool.fetchval(
        "SELECT document::text FROM recovery_versions WHERE bot_id = $1 AND version = $2", bot_id, version
    )
    return None if document is None else campaign.decode(document)
