"""Alerts about a bot: each is opened once, and closed when its cause is gone."""

from collections.abc import Sequence
from typing import Final

from storage.postgres.pool import Connection

TOKEN_INCIDENTS: Final = ("bot_suspended", "feed_unauthorized")
"""Those that a working token resolves."""
BLOCK_INCIDENTS: Final = ("block_refused", "block_media_missing", "block_never_fits", "block_other_kind")
"""Those that another version of the campaign may resolve."""
SECOND_READER: Final = "feed_second_reader"
FOREIGN_WEBHOOK: Final = "feed_foreign_webhook"
"""Its detail is the host to which the webhook leads."""
READER_INCIDENTS: Final = (SECOND_READER, FOREIGN_WEBHOOK)
"""Those that a feed resolves which reads undisturbed again."""

ACTIVITY_OVERLOAD: Final = "activity_overload"
"""More updates of a bot come than can be taken in."""
API_OVERLOAD: Final = "api_overload"
"""A key of the bot's HTTP API asks for more than its limit."""
OVERLOAD_INCIDENTS: Final = (ACTIVITY_OVERLOAD, API_OVERLOAD)
"""Those that receivers resolve when nothing has been refused for a while."""


async def open_incident(
    connection: Connection, bot_id: int, kind: str, detail: str, now_ms: int, subject: str = ""
) -> None:
    """A bot has at most one open incident for each kind and subject, such as a block: a repeat changes nothing."""
    await connection.execute(
        "INSERT INTO incidents (bot_id, kind, subject, detail, opened_at) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        *(bot_id, kind, subject, detail, now_ms),
    )


async def open_of_kinds(connection: Connection, kinds: Sequence[str]) -> list[tuple[int, str]]:
    """The bot and kind of each incident of these kinds that is open, of all bots."""
    rows = await connection.fetch(
        "SELECT DISTINCT bot_id, kind FROM incidents"
        " WHERE closed_at IS NULL AND kind = ANY($1::text[]) AND bot_id IS NOT NULL",
        kinds,
    )
    return [(row["bot_id"], row["kind"]) for row in rows]


async def close_incidents(connection: Connection, bot_id: int, kinds: Sequence[str], now_ms: int) -> int:
    """They are resolved; returns how many there were."""
    closed = await connection.fetch(
        "UPDATE incidents SET closed_at = $3"
        " WHERE bot_id = $1 AND closed_at IS NULL AND kind = ANY($2::text[]) RETURNING id",
        *(bot_id, kinds, now_ms),
    )
    return len(closed)


async def open_incidents(connection: Connection, bot_id: int) -> list[tuple[str, str]]:
    """The kind and detail of each open incident of a bot, the newest first."""
    rows = await connection.fetch(
        "SELECT kind, detail FROM incidents WHERE coalesce(bot_id, 0) = $1 AND closed_at IS NULL"
        " ORDER BY opened_at DESC",
        bot_id,
    )
    return [(row["kind"], row["detail"]) for row in rows]
