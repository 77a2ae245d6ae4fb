"""The bots and the states of their campaigns, as pollers need them: all of it is read again every second."""

from typing import Final, NamedTuple

from engine.core.campaign.snapshot import Snapshot
from storage.postgres import campaigns
from storage.postgres.pool import Pool, fetch, transaction
from storage.postgres.statements import read_statement

_LIST: Final = read_statement("list_poller_bots")


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
    """A pause is over, and the people who waited through it are being planned again."""
    doubted_until_ms: int | None
    held_until_ms: int | None
    contested: bool
    """Another program takes the updates now."""


async def list_bots(pool: Pool) -> list[BotRow]:
    """Raises UnreachableError."""
    return [BotRow(*row) for row in await fetch(pool, _LIST)]


async def load_snapshot(pool: Pool, bot_id: int, version: int) -> Snapshot | None:
    """Raises UnreachableError; CampaignError for a document of another layout."""
    async with transaction(pool) as connection:
        return await campaigns.load_version(connection, bot_id, version)
