"""Replans: what was asked for when a campaign changed while people wait in it, and how far it is done.

The `replan` of a row is the last replan that has looked at it; a row that is planned later carries the newest that its
planner knew. So none is looked at twice, and none is forgotten. Here PostgreSQL is written after Redis: a timer that
was moved in vain finds its way back by its row.

While two releases run side by side, the older one may meet a replan that it cannot read. It leaves that to the newer
one, and goes on with the others.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Change, Move, Waiting
from engine.core.delivery.sequence import Anchor
from storage.postgres.columns import to_columns
from storage.postgres.deliveries.locks import KEY, LOCK_EPISODES
from storage.postgres.pool import Connection, Pool, fetch, transaction
from storage.postgres.statements import PAGE, read_statement

_MOST_RESUMES: Final = 100
"""How many pauses a silence remembers: for how long it stood still."""

_LIST_WAITING: Final = read_statement("list_waiting")
_MOVE: Final = read_statement("move_deliveries")


class _Moved(NamedTuple):
    bot_id: int
    chat_id: int
    episode_id: int
    step_key: str
    block_key: str
    pinned: int
    version: int
    next_step: str
    next_block: str
    due_at: int
    anchor_at: int | None
    stood_ms: int
    resumed_at: int
    kept_version: int


class _Row(NamedTuple):
    chat_id: int
    episode_id: int
    ordinal: int
    step_key: str
    block_key: str
    campaign_version: int
    version: int
    due_at: int
    anchor_at: int | None
    stood_ms: int
    resumed_at: int
    kept_version: int
    deferrals: int
    runs: list[str] | None


class Job(NamedTuple):
    """A replan that is not finished yet."""

    id: int
    bot_id: int
    change: Change
    created_ms: int


class UnreadJob(NamedTuple):
    """A replan of a newer release."""

    id: int
    bot_id: int


async def ask(connection: Connection, bot_id: int, change: Change, now_ms: int) -> int:
    """Ask for a replan, in the transaction of the change that needs it; returns its number."""
    kind, document = type(change).__struct_config__.tag, msgspec.json.encode(change).decode()
    found: int = await connection.fetchval(
        "INSERT INTO recovery_replans (bot_id, kind, arguments, created_at) VALUES ($1, $2, $3::text::jsonb, $4)"
        " RETURNING id",
        *(bot_id, kind, document, now_ms),
    )
    return found


async def pending(pool: Pool, bot_ids: Sequence[int]) -> list[Job | UnreadJob]:
    """The unfinished replans of these bots, the oldest of each first. Raises UnreachableError."""
    rows = await fetch(
        pool,
        "SELECT id, bot_id, arguments::text, created_at FROM recovery_replans"
        " WHERE bot_id = ANY($1::bigint[]) AND done_at IS NULL ORDER BY bot_id, id",
        list(bot_ids),
    )
    return [_job(row) for row in rows]


async def page(
    connection: Connection, bot_id: int, replan: int, after_chat: int, most: int = PAGE, *, begun: bool = False
) -> list[Waiting]:
    """The people who wait and at whom this replan has not looked; those inside a step only if `begun` asks for them."""
    rows = await connection.fetch(_LIST_WAITING, bot_id, replan, after_chat, most, begun)
    return [_waiting(_Row(*row)) for row in rows]


async def resumes(pool: Pool, bot_id: int, upto: int) -> list[Job]:
    """The resumes of a bot up to this replan that can be read, the oldest first. Raises UnreachableError."""
    rows = await fetch(
        pool,
        "SELECT id, bot_id, arguments::text, created_at FROM recovery_replans"
        " WHERE bot_id = $1 AND id <= $2 AND kind = 'resume' ORDER BY id DESC LIMIT $3",
        *(bot_id, upto, _MOST_RESUMES),
    )
    jobs = [_job(row) for row in reversed(rows)]
    return [job for job in jobs if isinstance(job, Job)]


async def apply(pool: Pool, job: Job, moves: Sequence[tuple[Waiting, Move]]) -> None:
    """Write down where these people wait from now on; those who have moved on meanwhile are left as they are."""
    columns = to_columns(_moved(job.bot_id, waiting, move) for waiting, move in moves)
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[KEY])
        await connection.execute(_MOVE, *columns, job.id)


async def finish(pool: Pool, job: Job, now_ms: int) -> None:
    async with transaction(pool) as connection:
        await connection.execute("UPDATE recovery_replans SET done_at = $2 WHERE id = $1", job.id, now_ms)


def _moved(bot_id: int, waiting: Waiting, move: Move) -> _Moved:
    return _Moved(
        bot_id=bot_id,
        chat_id=waiting.chat_id,
        episode_id=waiting.cursor.episode_id,
        step_key=waiting.cursor.step,
        block_key=waiting.cursor.block,
        pinned=waiting.cursor.pinned,
        version=waiting.version,
        next_step=move.cursor.step,
        next_block=move.cursor.block,
        due_at=move.due_ms,
        anchor_at=move.anchor.at_ms if move.anchor else None,
        stood_ms=move.anchor.stood_ms if move.anchor else 0,
        resumed_at=move.anchor.resumed_ms if move.anchor else 0,
        kept_version=move.kept,
    )


def _job(row: Any) -> Job | UnreadJob:
    try:
        return Job(row[0], row[1], msgspec.json.decode(row[2], type=Change), row[3])
    except msgspec.ValidationError:
        return UnreadJob(row[0], row[1])


def _waiting(row: _Row) -> Waiting:
    cursor = Cursor(row.episode_id, row.ordinal, row.step_key, row.block_key, row.campaign_version)
    anchor = None if row.anchor_at is None else Anchor(row.anchor_at, row.stood_ms, row.resumed_at)
    runs = tuple(row.runs or ())
    return Waiting(row.chat_id, cursor, row.version, row.due_at, anchor, runs, row.kept_version, row.deferrals)
