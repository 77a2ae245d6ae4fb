"""People: when each chat was last active, who cannot be reached, who opted out; and the episodes that this ends.

Silences are compared by second. A flush is two statements in one transaction: the first holds the chats' rows, so that
the second sees every episode that a concurrent `begin` has committed meanwhile. A text that PostgreSQL cannot hold
(NUL, half a surrogate pair) is stripped of it here: one odd name must not hold back the lives of others.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from engine.core.content.templates import Person
from engine.core.identity import SECOND_MS
from storage.postgres.message_rules import due_now
from storage.postgres.pool import Connection, Pool, transaction

_PAGE: Final = 512


class Life(NamedTuple):
    """A sign of life, in ms. `unsent_episode`: the id of the one that it met, of which nothing was on the wire."""

    bot_id: int
    chat_id: int
    last_active_ms: int
    first_name: str | None = None
    username: str | None = None
    language: str | None = None
    unsent_episode: int | None = None


_SEEN: Final = """
INSERT INTO chats (bot_id, chat_id, last_active, first_name, username, language)
SELECT bot_id, chat_id, last_active, first_name, username, language
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[])
    AS w(bot_id, chat_id, last_active, first_name, username, language)
ORDER BY bot_id, chat_id
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    last_active = greatest(chats.last_active, excluded.last_active),
    first_name = coalesce(excluded.first_name, chats.first_name),
    username = coalesce(excluded.username, chats.username),
    language = coalesce(excluded.language, chats.language),
    unreachable_since = CASE WHEN excluded.last_active > chats.unreachable_since THEN NULL
        ELSE chats.unreachable_since END
"""

_HOLD_BROKEN: Final = f"""
SELECT 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(bot_id, chat_id, last_active)
JOIN recovery_episodes e USING (bot_id, chat_id)
WHERE e.returned_at IS NULL AND e.episode_id / {SECOND_MS} < w.last_active / {SECOND_MS}
ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_RETURNED: Final = f"""
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        AS w(bot_id, chat_id, last_active, unsent)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, e.ended_at, w.last_active, w.unsent
    FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.returned_at IS NULL AND e.episode_id / {SECOND_MS} < w.last_active / {SECOND_MS}
), closed AS (
    UPDATE recovery_episodes e SET
        returned_at = h.last_active,
        ended_at = coalesce(e.ended_at, $5),
        reason = coalesce(e.reason, 'returned')
    FROM held h
    WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, e.reason, h.last_active, h.unsent, h.ended_at IS NULL AS was_open
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = 'returned'
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND c.was_open
      AND (d.status = 'scheduled' OR (d.status = 'sending' AND c.unsent = c.episode_id))
), after AS (
    UPDATE recovery_deliveries d SET
        crossed = d.crossed OR (c.was_open AND d.sent_at > c.last_active),{due_now("d.on_return", "'returned'", "$5")}
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id AND d.status = 'sent'
      AND ((c.was_open AND d.sent_at > c.last_active) OR d.on_return IS NOT NULL)
)
SELECT bot_id, chat_id, episode_id FROM closed WHERE was_open
"""

_HOLD_OPEN: Final = """
SELECT 1 FROM unnest($1::bigint[], $2::bigint[]) AS w(bot_id, chat_id) JOIN recovery_episodes e USING (bot_id, chat_id)
WHERE e.ended_at IS NULL ORDER BY e.bot_id, e.chat_id, e.episode_id FOR UPDATE OF e
"""

_CONCLUDE: Final = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bool[]) AS w(bot_id, chat_id, unsent)
), held AS MATERIALIZED (
    SELECT e.bot_id, e.chat_id, e.episode_id, w.unsent FROM wanted w JOIN recovery_episodes e USING (bot_id, chat_id)
    WHERE e.ended_at IS NULL
), closed AS (
    UPDATE recovery_episodes e SET ended_at = $5::bigint, reason = $4::text
    FROM held h WHERE e.bot_id = h.bot_id AND e.chat_id = h.chat_id AND e.episode_id = h.episode_id
    RETURNING e.bot_id, e.chat_id, e.episode_id, h.unsent
), cancelled AS (
    UPDATE recovery_deliveries d SET status = 'cancelled', reason = $4::text
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND (d.status = 'scheduled' OR (d.status = 'sending' AND c.unsent))
), crossed AS (
    UPDATE recovery_deliveries d SET crossed = true
    FROM closed c
    WHERE d.bot_id = c.bot_id AND d.chat_id = c.chat_id AND d.episode_id = c.episode_id
      AND d.status = 'sent' AND d.sent_at > $5 AND $4 IN ('opted_out', 'unreachable')
)
SELECT bot_id, chat_id, episode_id FROM closed
"""


_OPT_OUT: Final = """
INSERT INTO chats (bot_id, chat_id, last_active, first_name, username, language, opted_out_at)
VALUES ($1, $2, $3, $4, $5, $6, $3)
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
    first_name = coalesce(excluded.first_name, chats.first_name),
    username = coalesce(excluded.username, chats.username),
    language = coalesce(excluded.language, chats.language),
    opted_out_at = coalesce(chats.opted_out_at, excluded.opted_out_at)
"""


class Ended(NamedTuple):
    """An episode that was open and is now over."""

    bot_id: int
    chat_id: int
    episode_id: int


async def flush(connection: Connection, lives: Sequence[Life], now_ms: int) -> list[Ended]:
    """Write signs of life down, at most one a chat; end the open episodes that they broke."""
    columns = _columns(sorted(lives))
    async with connection.transaction():
        await connection.execute(_SEEN, *columns[:6])
        await connection.execute(_HOLD_BROKEN, *columns[:3])
        rows = await connection.fetch(_RETURNED, *columns[:3], columns[6], now_ms)
    return [Ended(*row) for row in rows]


async def conclude(
    connection: Connection, chats: Sequence[tuple[int, int, bool]], reason: str, now_ms: int
) -> list[Ended]:
    """End the open episodes of chats for a reason that is not their own return.

    Each is (bot, chat, unsent): `unsent` says that a delivery in `sending` surely never left, and now never will.
    """
    columns = _columns(sorted(chats))
    async with connection.transaction():
        await connection.execute(_HOLD_OPEN, *columns[:2])
        rows = await connection.fetch(_CONCLUDE, *columns, reason, now_ms)
    return [Ended(*row) for row in rows]


async def conclude_all(pool: Pool, bot_id: int, reason: str, upto_ms: int, now_ms: int) -> int:
    """End the open episodes of silences up to then; returns how many. What is on the wire still records its outcome.

    Page by page, each a transaction of its own: nothing waits for all of them, and whoever is asked to send meanwhile
    finds the state that ends them.
    """
    ended = 0
    while page := await _conclude_page(pool, bot_id, reason, upto_ms, now_ms):
        ended += page
    return ended


async def left_open(pool: Pool) -> list[int]:
    """The bots whose campaign is stopped, or which are removed, and of which an episode is open still."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT b.id FROM bots b LEFT JOIN recovery_campaigns k ON k.bot_id = b.id"
            " WHERE (b.status = 'removed' OR k.state = 'stopped')"
            " AND EXISTS (SELECT FROM recovery_episodes e WHERE e.bot_id = b.id AND e.ended_at IS NULL)"
        )
    return [row["id"] for row in rows]


async def _conclude_page(pool: Pool, bot_id: int, reason: str, upto_ms: int, now_ms: int) -> int:
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT chat_id FROM recovery_episodes WHERE bot_id = $1 AND ended_at IS NULL AND episode_id <= $2"
            " ORDER BY chat_id LIMIT $3",
            *(bot_id, upto_ms, _PAGE),
        )
        chats = [(bot_id, row["chat_id"], False) for row in rows]
        return len(await conclude(connection, chats, reason, now_ms)) if chats else 0


async def count_open(connection: Connection, bot_id: int) -> int:
    """How many episodes of a bot are open."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM recovery_episodes WHERE bot_id = $1 AND ended_at IS NULL", bot_id
        )
    )


async def person(connection: Connection, bot_id: int, chat_id: int) -> Person:
    """What is known of somebody; nothing of who has never written."""
    row = await connection.fetchrow(
        "SELECT first_name, username, language FROM chats WHERE bot_id = $1 AND chat_id = $2", bot_id, chat_id
    )
    return Person(*row) if row else Person()


async def mark_unreachable(connection: Connection, chats: Sequence[tuple[int, int]], now_ms: int) -> None:
    """Nobody writes to these chats (bot, chat) until they write again; a newer sign of life wins."""
    await connection.execute(
        "INSERT INTO chats (bot_id, chat_id, last_active, unreachable_since)"
        " SELECT bot_id, chat_id, 0, $3 FROM unnest($1::bigint[], $2::bigint[]) AS w(bot_id, chat_id)"
        " ORDER BY bot_id, chat_id"
        " ON CONFLICT (bot_id, chat_id) DO UPDATE SET unreachable_since = $3"
        f" WHERE chats.last_active / {SECOND_MS} <= $3 / {SECOND_MS}",
        *_columns(sorted(chats)),
        now_ms,
    )


async def opt_out(connection: Connection, life: Life) -> None:
    """No more reminders for this chat, from the moment of this life on. Safe to repeat."""
    await connection.execute(_OPT_OUT, *map(_storable, life[:6]))


async def opt_in(connection: Connection, bot_id: int, chat_id: int) -> None:
    """Take an opt-out back. Safe to repeat."""
    await connection.execute("UPDATE chats SET opted_out_at = NULL WHERE bot_id = $1 AND chat_id = $2", bot_id, chat_id)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [[_storable(value) for value in column] for column in zip(*rows, strict=True)]


def _storable(value: Any) -> Any:
    return value.replace("\x00", "").encode(errors="replace").decode() if isinstance(value, str) else value
