"""What was sent and is to go, or to change: due deletions and edits, and what came of them.

Read bot by bot, so that what one bot cannot have done holds up no other. To do one twice is harmless.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from storage.postgres.pool import Pool, transaction


class Leftover(NamedTuple):
    """A delivery whose messages are to go, or to be edited. `edit_for`: returned or paid; None for a deletion."""

    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    message_ids: tuple[int, ...]
    campaign_version: int
    edit_for: str | None
    first_name: str | None
    username: str | None
    language: str | None


class Swept(NamedTuple):
    """What came of it; `refusal` is Telegram's own words, None when it is done."""

    leftover: Leftover
    refusal: str | None


def _due(moment: str, done: str, refusal: str, edit_for: str) -> str:
    return f"""
SELECT d.bot_id, d.chat_id, d.episode_id, d.step_key, d.block_key, d.message_ids, d.campaign_version, {edit_for},
    c.first_name, c.username, c.language
FROM unnest($1::bigint[], $2::int[]) AS w(bot_id, most) CROSS JOIN LATERAL (
    SELECT * FROM recovery_deliveries d
    WHERE d.bot_id = w.bot_id AND d.{moment} <= $3 AND d.{moment} IS NOT NULL AND d.{done} IS NULL
      AND d.{refusal} IS NULL AND d.status = 'sent'
    ORDER BY d.{moment} LIMIT w.most
) d LEFT JOIN chats c ON c.bot_id = d.bot_id AND c.chat_id = d.chat_id
"""


_DELETIONS: Final = _due("delete_at", "deleted_at", "delete_refusal", "NULL")
_EDITS: Final = _due("edit_at", "edited_at", "edit_refusal", "d.edit_for")

_NOTE: Final = """
UPDATE recovery_deliveries d SET
    deleted_at = CASE WHEN w.deletion AND w.refusal IS NULL THEN $8 ELSE d.deleted_at END,
    edited_at = CASE WHEN NOT w.deletion AND w.refusal IS NULL THEN $8 ELSE d.edited_at END,
    delete_refusal = CASE WHEN w.deletion THEN w.refusal ELSE d.delete_refusal END,
    edit_refusal = CASE WHEN w.deletion THEN d.edit_refusal ELSE w.refusal END
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bool[], $7::text[])
    AS w(bot_id, chat_id, episode_id, step_key, block_key, deletion, refusal)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step_key
  AND d.block_key = w.block_key
"""


async def deletions(pool: Pool, most: Mapping[int, int], now_ms: int) -> list[Leftover]:
    """What is to be deleted by now, the oldest first, at most so many of each bot. Raises UnreachableError."""
    return await _read(pool, _DELETIONS, most, now_ms)


async def edits(pool: Pool, most: Mapping[int, int], now_ms: int) -> list[Leftover]:
    """The same of what is to be edited. Raises UnreachableError."""
    return await _read(pool, _EDITS, most, now_ms)


async def note(pool: Pool, swept: Sequence[Swept], now_ms: int) -> None:
    """Write down what came of them; what is not noted is tried again. Raises UnreachableError."""
    rows = sorted((*one.leftover[:5], one.leftover.edit_for is None, one.refusal) for one in swept)
    async with transaction(pool) as connection:
        await connection.execute(_NOTE, *(list(column) for column in zip(*rows, strict=True)), now_ms)


async def _read(pool: Pool, statement: str, most: Mapping[int, int], now_ms: int) -> list[Leftover]:
    async with transaction(pool) as connection:
        rows = await connection.fetch(statement, list(most), list(most.values()), now_ms)
    return [Leftover(*row)._replace(message_ids=tuple(row["message_ids"] or ())) for row in rows]
