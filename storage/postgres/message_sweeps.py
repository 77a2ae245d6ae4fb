"""Sent messages that are to go or to change: due deletions and edits, and what came of them.

They are read bot by bot, so that what fails for one bot holds up no other. Doing one twice is harmless.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from storage.postgres.columns import to_columns
from storage.postgres.deliveries.locks import KEY, LOCK_EPISODES
from storage.postgres.pool import Connection, Pool, fetch, transaction
from storage.postgres.statements import read_statement

_LIST: Final = read_statement("list_leftovers")
_NOTE: Final = read_statement("note_sweeps")


class Leftover(NamedTuple):
    """A delivery whose messages are to be deleted or edited. `edit_for`: returned or paid; None for a deletion."""

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
    """What came of a leftover; `refusal` is in Telegram's own words, None when it is done."""

    leftover: Leftover
    refusal: str | None


class Limit(NamedTuple):
    """The most that is wanted of a bot."""

    bot_id: int
    deletions: int
    edits: int


class _Note(NamedTuple):
    bot_id: int
    chat_id: int
    episode_id: int
    step: str
    block: str
    deletion: bool
    refusal: str | None


async def due(pool: Pool, limits: Iterable[Limit], now_ms: int) -> list[Leftover]:
    """What is due to be deleted or edited, the oldest of each first. Raises UnreachableError."""
    rows = await fetch(pool, _LIST, *to_columns(limits), now_ms)
    return [Leftover(*row)._replace(message_ids=tuple(row["message_ids"] or ())) for row in rows]


async def count_timed(connection: Connection, bot_id: int) -> int:
    """How many messages are still to be deleted, now or later."""
    return int(
        await connection.fetchval(
            "SELECT coalesce(sum(cardinality(message_ids)), 0) FROM recovery_deliveries WHERE bot_id = $1"
            " AND delete_at IS NOT NULL AND deleted_at IS NULL AND delete_refusal IS NULL AND status = 'sent'",
            bot_id,
        )
    )


async def note(pool: Pool, swept: Sequence[Swept], now_ms: int) -> None:
    """Write down what came of them; what is not written down is tried again. Raises UnreachableError."""
    columns = to_columns(_Note(*one.leftover[:5], one.leftover.edit_for is None, one.refusal) for one in swept)
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[KEY])
        await connection.execute(_NOTE, *columns, now_ms)
