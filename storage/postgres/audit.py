"""The audit log, and the word of it: one line a change, told to whoever listens in the same transaction.

The word on CHANNEL is the bot's id, or nothing for a change of them all. It leaves when the change stands, and only
then; it is a hint, and who misses it learns the same by polling. A state names its fields one by one, so that a token
never gets in by chance.
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from engine.core.change import Change
from storage.postgres.pool import Connection

CHANNEL: Final = "recovery_changed"


async def record(
    connection: Connection,
    change: Change,
    bot_id: int | None,
    action: str,
    before: str | None,
    after: str | None,
) -> None:
    """Write the line of a change that this transaction makes. The states are JSON documents."""
    await connection.execute(
        "INSERT INTO audit_log (at, actor, bot_id, action, before, after)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb, $6::text::jsonb)",
        *(change.at, change.actor, bot_id, action, before, after),
    )
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, "" if bot_id is None else str(bot_id))


async def last(connection: Connection, bot_id: int, actions: str) -> tuple[str, int]:
    """Who did the last of the actions whose names begin so to a bot, and when; nobody, if it was never done."""
    row = await connection.fetchrow(
        "SELECT actor, at FROM audit_log WHERE bot_id = $1 AND starts_with(action, $2) ORDER BY id DESC LIMIT 1",
        *(bot_id, actions),
    )
    return (row["actor"], row["at"]) if row else ("nobody", 0)


class AuditLine(NamedTuple):
    """What was done, and when; `follows` says whether anything stood there before."""

    line_id: int
    action: str
    at_ms: int
    follows: bool


async def last_line(connection: Connection, bot_id: int, actions: Sequence[str]) -> AuditLine | None:
    """The line of the last of these actions; None if none was ever done."""
    row = await connection.fetchrow(
        "SELECT id, action, at, before IS NOT NULL FROM audit_log WHERE bot_id = $1 AND action = ANY($2::text[])"
        " ORDER BY id DESC LIMIT 1",
        *(bot_id, actions),
    )
    return AuditLine(*row) if row else None


async def state_before(connection: Connection, line: AuditLine) -> str:
    """The document of what stood there before a change that follows something."""
    document: str = await connection.fetchval("SELECT before::text FROM audit_log WHERE id = $1", line.line_id)
    return document


def state(**values: Any) -> str:
    """Write the fields of a state as its document."""
    return json.dumps(values)
