"""How the feed of a bot stands, as data: an admin's language makes a sentence of it."""

from typing import Final

from engine.core.errors import NotFoundError
from engine.core.feed_status import FeedStatus, Unread, is_stale
from storage.postgres import feed_doubts
from storage.postgres.feed_doubts import FeedRecord
from storage.postgres.incidents import FOREIGN_WEBHOOK, SECOND_READER, TOKEN_INCIDENTS
from storage.postgres.pool import Pool, transaction
from storage.redis import bot_state, server_clock
from storage.redis.client import Redis

_UNREAD: Final = {
    **dict.fromkeys(TOKEN_INCIDENTS, Unread.TOKEN_REFUSED),
    FOREIGN_WEBHOOK: Unread.FOREIGN_WEBHOOK,
    SECOND_READER: Unread.SECOND_READER,
}


async def feed(pool: Pool, redis: Redis, bot_id: int) -> FeedStatus:
    """Raises NotFoundError for a removed bot, UnreachableError."""
    now_ms = await server_clock.bot_now_ms(redis, bot_id)
    read_until_ms = await bot_state.watermark(redis, bot_id)
    async with transaction(pool) as connection:
        found = await feed_doubts.load(connection, bot_id, list(_UNREAD))
    if found is None:
        raise NotFoundError("This bot is no longer connected: add it again.")
    return _status(now_ms, read_until_ms, found)


def _status(now_ms: int, read_until_ms: int | None, found: FeedRecord) -> FeedStatus:
    kind, detail = found.incidents[0] if found.incidents else ("", "")
    unread = _UNREAD.get(kind) or (Unread.UNREACHABLE if is_stale(now_ms, read_until_ms) else None)
    until_ms = found.doubted_until_ms
    held_ms = None if found.contested else found.held_until_ms
    doubt = _UNREAD[found.cause[0]] if found.cause else None
    host = detail if kind == FOREIGN_WEBHOOK else ""
    return FeedStatus(now_ms, unread, host, read_until_ms, until_ms, held_ms, doubt)
