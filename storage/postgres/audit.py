"""The audit log and its notification: one line for each change, announced in the same transaction.

The payload on CHANNEL is the bot's id, or empty for a change of all bots. It is sent when the change is committed, and
only then. It is a hint: a process that misses it learns the same by polling. A state names its fields one by one, so
that a token never gets in by accident.
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
    """The actor and time of the last action on a bot whose name begins with `actions`; "nobody" if there was none."""
    row = await connection.fetchrow(
        "SELECT actor, at FROM audit_log WHERE bot_id = $1 AND starts_with(action, $2) ORDER BY id DESC LIMIT 1",
        *(bot_id, actions),
    )
    return (row["actor"], row["at"]) if row else ("nobody", 0)


class AuditLine(NamedTuple):
    """What was done, and when; `follows`: there was a state before."""

    line_id: int
    action: str
    at_ms: int
    follows: bool


async def last_line(connection: Connection, bot_id: int, actions: Sequence[str]) -> AuditLine | None:
    """The line of the last of these actions; None if there was none."""
    row = await connection.fetchrow(
        "SELECT id, action, at, before IS NOT NULL FROM audit_log WHERE bot_id = $1 AND action = ANY($2::text[])"
        " ORDER BY id DESC LIMIT 1",
        *(bot_id, actions),
    )
    return AuditLine(*row) if row else None


async def state_before(connection: Connection, line: AuditLine) -> str:
    """The state before a change, as its document; the change has one."""
    document: str = await connection.fetchval("SELECT before::text FROM audit_log WHERE id = $1", line.line_id)
    return document


def state(**values: Any) -> str:
    """Write the fields of a state as its document."""
    return json.dumps(values)
