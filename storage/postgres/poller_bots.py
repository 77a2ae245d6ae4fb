"""The bots and where their campaigns stand, as pollers need them: read again every second, whole."""

from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Snapshot
from storage.postgres import campaigns
from storage.postgres.pool import Pool, transaction

_BOTS: Final = """
SELECT b.id, b.username, b.token, b.pace, b.status, coalesce(k.state, 'draft') AS state, k.published_version,
    k.activated_at, coalesce(s.engaged, false) AS emergency_stop, b.paid_broadcast,
    coalesce((SELECT max(r.id) FROM recovery_replans r WHERE r.bot_id = b.id), 0) AS replan,
    EXISTS (
        SELECT FROM recovery_replans r WHERE r.bot_id = b.id AND r.done_at IS NULL AND r.kind = 'resume'
    ) AS resuming
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
    paid_broadcast: bool
    replan: int
    resuming: bool
    """A pause is over, and those who waited through it are being planned anew."""


async def list_bots(pool: Pool) -> list[BotRow]:
    """Raises UnreachableError."""
    async with transaction(pool) as connection:
        return [BotRow(*row) for row in await connection.fetch(_BOTS)]


async def load_snapshot(pool: Pool, bot_id: int, version: int) -> Snapshot | None:
    """Raises UnreachableError; CampaignError for a document of another layout."""
    async with transaction(pool) as connection:
        return await campaigns.load_version(connection, bot_id, version)
