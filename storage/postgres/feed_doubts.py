"""Which silences of a bot are not believed, because another program may have taken the sign of life that ended them.

A bot's doubt is a moment: a silence that began before it may be none. While the feed is contested, the moment moves on
with each sign of the other reader; the first undisturbed read sets it for the last time. It is stored before the feed
is confirmed again, so that a process that dies in between leaves the doubt and not the belief. The bot is held for one
threshold more, the one of that read: a longer one published later holds nothing back for an old doubt.
"""

from collections.abc import Sequence
from typing import NamedTuple

from storage.postgres.incidents import READER_INCIDENTS, close_incidents, open_incident
from storage.postgres.pool import Connection


class FeedRecord(NamedTuple):
    """`incidents`: the open ones about the feed, each by kind and detail, the newest first.

    `cause` is the kind and detail of the newest that led to this doubt, open or not; None if nobody is to blame.
    """

    doubted_until_ms: int | None
    contested: bool
    held_until_ms: int | None
    incidents: list[tuple[str, str]]
    cause: tuple[str, str] | None


async def contest(connection: Connection, bot_id: int, kind: str | None, detail: str, now_ms: int) -> None:
    """Another program takes the bot's updates, or may have taken one: an incident says who, if that is known."""
    await connection.execute(
        "UPDATE bots SET doubted_until = greatest(doubted_until, $2), contested = true WHERE id = $1", bot_id, now_ms
    )
    if kind:
        await open_incident(connection, bot_id, kind, detail, now_ms)


async def read_again(connection: Connection, bot_id: int, now_ms: int) -> bool:
    """The feed reads undisturbed: silences are believed from now on. False if nobody contested it."""
    contested = await connection.fetchval(
        "UPDATE bots SET doubted_until = greatest(doubted_until, $2), contested = false,"
        " held_until = greatest(doubted_until, $2) + coalesce((SELECT (v.document ->> 'threshold_ms')::bigint"
        " FROM recovery_campaigns k JOIN recovery_versions v ON v.bot_id = k.bot_id AND v.version = k.published_version"
        " WHERE k.bot_id = bots.id), 0) WHERE id = $1 AND contested RETURNING true",
        *(bot_id, now_ms),
    )
    if contested:
        await close_incidents(connection, bot_id, READER_INCIDENTS, now_ms)
    return bool(contested)


async def clear(connection: Connection, bot_id: int, now_ms: int) -> int | None:
    """An admin vouches for the silences; the moment up to which they were doubted. The caller has locked the bot.

    None: no doubt holds the bot. After one that is over, silences have begun again, which nothing takes back.
    """
    known = await load(connection, bot_id, ())
    if known is None or known.doubted_until_ms is None:
        return None
    if not known.contested and (known.held_until_ms or 0) <= now_ms:
        return None
    await connection.execute(
        "UPDATE bots SET doubted_until = NULL, held_until = NULL, contested = false WHERE id = $1", bot_id
    )
    await close_incidents(connection, bot_id, READER_INCIDENTS, now_ms)
    return known.doubted_until_ms


async def load(connection: Connection, bot_id: int, kinds: Sequence[str]) -> FeedRecord | None:
    """How a bot's feed stands; `kinds` are the incidents that keep a feed from being read. None for a removed bot."""
    row = await connection.fetchrow(
        "SELECT doubted_until, contested, held_until FROM bots WHERE id = $1 AND status <> 'removed'", bot_id
    )
    if row is None:
        return None
    found = await connection.fetch(
        "SELECT kind, detail, closed_at IS NULL AS open FROM incidents WHERE coalesce(bot_id, 0) = $1"
        " AND kind = ANY($2::text[]) AND (closed_at IS NULL OR (kind = ANY($3::text[]) AND closed_at >= $4))"
        " ORDER BY opened_at DESC, id DESC LIMIT 20",
        *(bot_id, kinds, READER_INCIDENTS, row["doubted_until"]),
    )
    causes = [(one["kind"], one["detail"]) for one in found if one["kind"] in READER_INCIDENTS]
    standing = [(one["kind"], one["detail"]) for one in found if one["open"]]
    cause = causes[0] if causes and row["doubted_until"] is not None else None
    return FeedRecord(row["doubted_until"], row["contested"], row["held_until"], standing, cause)
