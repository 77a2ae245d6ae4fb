"""What a bot's own code may read: whether its key is right, and whether the engine hears the bot."""

import msgspec

from engine.core.feed_status import FeedStatus
from storage.postgres.api_keys import ActiveKey


class KeyStatus(msgspec.Struct):
    """The key of the request. `expires_at_ms` None: it does not end by itself."""

    name: str
    scopes: tuple[str, ...]
    expires_at_ms: int | None


class Feed(msgspec.Struct):
    """Whether the bot's updates are read, and if not, why. `held`: nothing is sent, as some may have gone elsewhere."""

    trouble: str | None
    read_until_ms: int | None
    held: bool


class BotStatus(msgspec.Struct):
    """`status` is active, paused or suspended."""

    bot_id: int
    username: str
    status: str
    feed: Feed
    key: KeyStatus


def describe(key: ActiveKey, feed: FeedStatus) -> BotStatus:
    return BotStatus(
        key.bot_id,
        key.username,
        key.status,
        Feed(feed.unread, feed.read_until_ms, feed.is_held),
        KeyStatus(key.name, key.scopes, key.expires_at_ms),
    )
