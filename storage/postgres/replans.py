"""Replans: what was asked for when a campaign changed under those who wait, and how far it is done.

A row's `replan` is the last one that has looked at it; a row that is planned later carries the newest that its planner
knew, so that none is looked at twice, and none is forgotten. PostgreSQL is written after Redis here: a timer that was
moved in vain is led back by what stands in its row.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.replan import Change, Move, Waiting
from storage.postgres.deliveries.locks import LOCK_EPISODES
from storage.postgres.pool import Connection, Pool, transaction

PAGE: Final = 512
_MOST_RESUMES: Final = 100
"""Of so many pauses a silence remembers how long it stood still."""

_PAGE: Final = """
SELECT d.chat_id, d.episode_id, d.ordinal, d.step_key, d.block_key, d.campaign_version, d.version, d.due_at,
    d.anchor_at, r.last, r.runs
FROM recovery_deliveries d
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT o.step_key) AS runs, (array_agg(o.step_key ORDER BY o.ordinal DESC))[1] AS last
    FROM recovery_deliveries o
    WHERE o.bot_id = d.bot_id AND o.chat_id = d.chat_id AND o.episode_id = d.episode_id AND o.ordinal < d.ordinal
) r ON true
WHERE d.bot_id = $1 AND d.status IN ('scheduled', 'sending') AND d.status = 'scheduled'
  AND (d.campaign_version = 0 OR $5) AND d.replan < $2 AND d.chat_id > $3
ORDER BY d.chat_id LIMIT $4
"""
"""The first condition on the status is that of the index, which is all that a page looks at."""

_MOVE: Final = """
UPDATE recovery_deliveries d SET step_key = w.next_step, block_key = w.next_block, due_at = w.due_at,
    anchor_at = w.anchor_at, replan = $12,
    deferrals = CASE WHEN d.due_at = w.due_at THEN d.deferrals ELSE 0 END
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::int[], $7::bigint[], $8::text[],
        $9::text[], $10::bigint[], $11::bigint[])
    AS w(bot_id, chat_id, episode_id, step_key, block_key, pinned, version, next_step, next_block, due_at, anchor_at)
WHERE d.bot_id = w.bot_id AND d.chat_id = w.chat_id AND d.episode_id = w.episode_id AND d.step_key = w.step_key
  AND d.block_key = w.block_key AND d.version = w.version AND d.status = 'scheduled' AND d.campaign_version = w.pinned
"""


class Job(NamedTuple):
    """A replan that is not done yet."""

    id: int
    bot_id: int
    change: Change
    created_ms: int


async def ask(connection: Connection, bot_id: int, change: Change, now_ms: int) -> int:
    """Ask for a replan, in the transaction of what makes it needed; returns its number."""
    kind, document = type(change).__struct_config__.tag, msgspec.json.encode(change).decode()
    found: int = await connection.fetchval(
        "INSERT INTO recovery_replans (bot_id, kind, arguments, created_at) VALUES ($1, $2, $3::text::jsonb, $4)"
        " RETURNING id",
        *(bot_id, kind, document, now_ms),
    )
    return found


async def pending(pool: Pool, bot_ids: Sequence[int]) -> list[Job]:
    """The oldest one of each of these bots that is not done. Raises UnreachableError."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT DISTINCT ON (bot_id) id, bot_id, arguments::text, created_at FROM recovery_replans"
            " WHERE bot_id = ANY($1::bigint[]) AND done_at IS NULL ORDER BY bot_id, id",
            list(bot_ids),
        )
    return [_job(row) for row in rows]


async def page(
    connection: Connection, bot_id: int, replan: int, after_chat: int, most: int = PAGE, *, begun: bool = False
) -> list[Waiting]:
    """Those who wait, and at whom this replan has not looked; in the middle of a step only if `begun` asks for them."""
    return [_waiting(row) for row in await connection.fetch(_PAGE, bot_id, replan, after_chat, most, begun)]


async def resumes(pool: Pool, bot_id: int, upto: int) -> list[Job]:
    """The resumes of a bot up to this one, the oldest first. Raises UnreachableError."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            "SELECT id, bot_id, arguments::text, created_at FROM recovery_replans"
            " WHERE bot_id = $1 AND id <= $2 AND kind = 'resume' ORDER BY id DESC LIMIT $3",
            *(bot_id, upto, _MOST_RESUMES),
        )
    return [_job(row) for row in reversed(rows)]


async def apply(pool: Pool, job: Job, moves: Sequence[tuple[Waiting, Move]]) -> None:
    """Take down where they wait from now on; whoever has moved on meanwhile is left as they are."""
    rows = [_flat(job.bot_id, waiting, move) for waiting, move in moves]
    columns = [list(column) for column in zip(*rows, strict=True)]
    async with transaction(pool) as connection:
        await connection.execute(LOCK_EPISODES, *columns[:3])
        await connection.execute(_MOVE, *columns, job.id)


async def finish(pool: Pool, job: Job, now_ms: int) -> None:
    async with transaction(pool) as connection:
        await connection.execute("UPDATE recovery_replans SET done_at = $2 WHERE id = $1", job.id, now_ms)


def _flat(bot_id: int, waiting: Waiting, move: Move) -> tuple[Any, ...]:
    cursor = waiting.cursor
    place = (bot_id, waiting.chat_id, cursor.episode_id, cursor.step, cursor.block, cursor.pinned, waiting.version)
    return (*place, move.cursor.step, move.cursor.block, move.due_ms, move.anchor_ms)


def _job(row: Any) -> Job:
    return Job(row[0], row[1], msgspec.json.decode(row[2], type=Change), row[3])


def _waiting(row: Any) -> Waiting:
    cursor = Cursor(row["episode_id"], row["ordinal"], row["step_key"], row["block_key"], row["campaign_version"])
    runs = frozenset(row["runs"] or ())
    return Waiting(row["chat_id"], cursor, row["version"], row["due_at"], row["anchor_at"], row["last"], runs)
