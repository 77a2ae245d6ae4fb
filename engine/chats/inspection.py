"""Reads how one chat stands, and why nothing is sent to it just now. Neither tokens nor messages are in the picture."""

from engine.core.delivery import chat_status as standings
from engine.core.delivery.chat_status import KnownChat, PublishedVersions, Standing
from engine.core.errors import NotFoundError
from storage.chat_status import read_chat, read_clockwork
from storage.postgres import poller_bots
from storage.postgres.pool import Pool
from storage.redis.client import Redis


async def inspect(pool: Pool, client: Redis, bot_id: int, chat_id: int) -> Standing:
    """Read how a chat stands. Raises NotFoundError for an unknown bot, UnreachableError."""
    known = await read_chat(pool, bot_id, chat_id)
    if known is None:
        raise NotFoundError(
            "There is no bot {bot_id}: `python -m engine bots list` shows those there are.", bot_id=bot_id
        )
    published = await _published(pool, known)
    return standings.draw(chat_id, await read_clockwork(client, bot_id, chat_id), known, published)


async def _published(pool: Pool, known: KnownChat) -> PublishedVersions:
    cursor = known.current.cursor if known.current else None
    newest, pinned = known.campaign_version, cursor.campaign_version if cursor else 0
    return PublishedVersions(
        await poller_bots.load_snapshot(pool, known.bot_id, newest) if newest else None,
        await poller_bots.load_snapshot(pool, known.bot_id, pinned) if pinned and pinned != newest else None,
    )
