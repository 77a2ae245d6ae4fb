"""People: when each chat was last active, who cannot be reached, who opted out, and the episodes that this ends.

Silences are compared by second. A flush locks the rows of the chats first, in a statement of its own: the later ones
then see every episode that a concurrent beginning has committed. Text that PostgreSQL cannot hold (NUL, half of a
surrogate pair) is cleaned here: one odd name must not hold back the lives of others.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, NamedTuple

from engine.core.content.templates import Person
from storage.postgres.columns import to_columns
from storage.postgres.pool import Connection, Pool, fetch, transaction
from storage.postgres.statements import PAGE, read_statement

_RECORD_ACTIVITY: Final = read_statement("record_activity")
_FIND_KNOWN: Final = read_statement("find_known")
_FIND_UNREACHABLE: Final = read_statement("find_unreachable")
_LOCK_BROKEN_SILENCES: Final = read_statement("lock_broken_silences")
_CLOSE_RETURNED: Final = read_statement("close_returned")
_LOCK_OPEN_EPISODES: Final = read_statement("lock_open_episodes")
_CONCLUDE: Final = read_statement("conclude_episodes")
_MARK_UNREACHABLE: Final = read_statement("mark_unreachable")
_OPT_OUT: Final = read_statement("opt_out")


class Life(NamedTuple):
    """A sign of life, in ms. `unsent_episode`: the episode that it interrupted, if nothing of it was on the wire."""

    bot_id: int
    chat_id: int
    last_active_ms: int
    first_name: str | None = None
    username: str | None = None
    language: str | None = None
    unsent_episode: int | None = None


class _Return(NamedTuple):
    bot_id: int
    chat_id: int
    last_active_ms: int
    unsent_episode: int | None


class Ended(NamedTuple):
    """An episode that was open and is now over."""

    bot_id: int
    chat_id: int
    episode_id: int


async def flush(connection: Connection, lives: Sequence[Life], now_ms: int) -> list[Ended]:
    """Record signs of life, at most one for each chat; end the open episodes that they interrupt."""
    ordered = sorted(lives)
    returns = to_columns(_Return(*life[:3], life.unsent_episode) for life in ordered)
    async with connection.transaction():
        await connection.execute(_RECORD_ACTIVITY, *_storable_columns([life[:6] for life in ordered]))
        await connection.execute(_LOCK_BROKEN_SILENCES, *returns[:3])
        rows = await connection.fetch(_CLOSE_RETURNED, *returns, now_ms)
    return [Ended(*row) for row in rows]


async def conclude(
    connection: Connection, chats: Sequence[tuple[int, int, bool]], reason: str, now_ms: int
) -> list[Ended]:
    """End the open episodes of chats for a reason other than their own return.

    Each is (bot, chat, unsent): `unsent` says that a delivery in `sending` surely never left, and now never will.
    """
    columns = to_columns(sorted(chats))
    async with connection.transaction():
        await connection.execute(_LOCK_OPEN_EPISODES, *columns[:2])
        rows = await connection.fetch(_CONCLUDE, *columns, reason, now_ms)
    return [Ended(*row) for row in rows]


async def conclude_all(pool: Pool, bot_id: int, reason: str, upto_ms: int, now_ms: int) -> int:
    """End the open episodes of silences up to a moment; returns how many. What is on the wire still gets its outcome.

    Page by page, each in a transaction of its own, so that nothing waits for all of them; a delivery that is claimed
    meanwhile finds the state that ends it.
    """
    return sum([len(page) async for page in conclude_pages(pool, bot_id, reason, upto_ms, now_ms)])


async def conclude_pages(pool: Pool, bot_id: int, reason: str, upto_ms: int, now_ms: int) -> AsyncIterator[list[Ended]]:
    """The same for a caller who has something to do with each page."""
    while page := await _conclude_page(pool, bot_id, reason, upto_ms, now_ms):
        yield page


async def left_open(pool: Pool) -> list[int]:
    """The bots that are removed, or whose campaign is stopped, and that still have an open episode."""
    rows = await fetch(
        pool,
        "SELECT b.id FROM bots b LEFT JOIN recovery_campaigns k ON k.bot_id = b.id"
        " WHERE (b.status = 'removed' OR k.state = 'stopped')"
        " AND EXISTS (SELECT FROM recovery_episodes e WHERE e.bot_id = b.id AND e.ended_at IS NULL)",
    )
    return [row["id"] for row in rows]


async def _conclude_page(pool: Pool, bot_id: int, reason: str, upto_ms: int, now_ms: int) -> list[Ended]:
    """The episodes are locked as they are found: one that ends meanwhile would let a newer one be taken for it."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT chat_id FROM recovery_episodes WHERE bot_id = $1 AND ended_at IS NULL AND episode_id <= $2"
            " ORDER BY chat_id LIMIT $3 FOR UPDATE",
            *(bot_id, upto_ms, PAGE),
        )
        chats = [(bot_id, row["chat_id"], False) for row in rows]
        return await conclude(connection, chats, reason, now_ms) if chats else []


async def count_open(connection: Connection, bot_id: int) -> int:
    """How many episodes of a bot are open."""
    return int(
        await connection.fetchval(
            "SELECT count(*) FROM recovery_episodes WHERE bot_id = $1 AND ended_at IS NULL", bot_id
        )
    )


async def person(connection: Connection, bot_id: int, chat_id: int) -> Person:
    """The names that are known of a person; none of a person who has never written."""
    row = await connection.fetchrow(
        "SELECT first_name, username, language FROM chats WHERE bot_id = $1 AND chat_id = $2", bot_id, chat_id
    )
    return Person(*row) if row else Person()


async def find_known(connection: Connection, bot_id: int, chat_ids: Sequence[int]) -> frozenset[int]:
    """Which of these chats belong to people who have shown a sign of life and can be reached."""
    return frozenset(row["chat_id"] for row in await connection.fetch(_FIND_KNOWN, bot_id, chat_ids))


async def find_unreachable(connection: Connection, bot_id: int, chat_ids: Sequence[int]) -> frozenset[int]:
    """Which of these chats nothing can be sent to until their people write again."""
    return frozenset(row["chat_id"] for row in await connection.fetch(_FIND_UNREACHABLE, bot_id, chat_ids))


async def mark_unreachable(connection: Connection, chats: Sequence[tuple[int, int]], now_ms: int) -> None:
    """Nothing is sent to these chats (bot, chat) until they write again; a newer sign of life wins."""
    await connection.execute(_MARK_UNREACHABLE, *to_columns(sorted(chats)), now_ms)


async def opt_out(connection: Connection, life: Life) -> None:
    """No more reminders for this chat, from this sign of life on. Safe to repeat."""
    await connection.execute(_OPT_OUT, *map(_storable, life[:6]))


async def opt_in(connection: Connection, bot_id: int, chat_id: int) -> None:
    """Take an opt-out back. Safe to repeat."""
    await connection.execute("UPDATE chats SET opted_out_at = NULL WHERE bot_id = $1 AND chat_id = $2", bot_id, chat_id)


def _storable_columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [[_storable(value) for value in column] for column in to_columns(rows)]


def _storable(value: Any) -> Any:
    return value.replace("\x00", "").encode(errors="replace").decode() if isinstance(value, str) else value
