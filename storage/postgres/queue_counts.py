"""How many people wait for what: the planned deliveries, as screens count them."""

from typing import Final, NamedTuple

from storage.postgres.pool import Connection
from storage.postgres.statements import read_statement

_COUNT_SILENT: Final = read_statement("count_silent")


class PlannedCounts(NamedTuple):
    """How many deliveries are planned, how many of them are due between two moments, and how many of those are in begun
    steps.
    """

    all: int
    due: int
    begun: int


async def count_planned(connection: Connection, bot_id: int, since_ms: int, until_ms: int) -> PlannedCounts:
    row = await connection.fetchrow(
        "SELECT count(*), count(*) FILTER (WHERE due_at BETWEEN $2 AND $3), count(*) FILTER (WHERE due_at BETWEEN"
        " $2 AND $3 AND (status = 'sending' OR campaign_version <> 0)) FROM recovery_deliveries"
        " WHERE bot_id = $1 AND status IN ('scheduled', 'sending')",
        *(bot_id, since_ms, until_ms),
    )
    return PlannedCounts(*row) if row else PlannedCounts(0, 0, 0)


async def queue(connection: Connection, bot_id: int) -> tuple[int, int | None, int | None]:
    """How many deliveries of a bot are scheduled, and when the first and the last of them are due."""
    row = await connection.fetchrow(
        "SELECT count(*), min(due_at), max(due_at) FROM recovery_deliveries"
        " WHERE bot_id = $1 AND status IN ('scheduled', 'sending')",
        bot_id,
    )
    return (row[0], row[1], row[2]) if row else (0, None, None)


async def count_at(connection: Connection, bot_id: int, step: str) -> int:
    """How many people wait for a step that has not begun for them."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM recovery_deliveries WHERE bot_id = $1 AND status IN ('scheduled', 'sending')"
        " AND step_key = $2 AND campaign_version = 0",
        *(bot_id, step),
    )
    return found


async def count_silent(
    connection: Connection, bot_id: int, since_ms: int, until_ms: int, *, skip_paid: bool, most: int
) -> int:
    """How many people fell silent in that time, can be reached, and have had no sequence for it, up to `most`.

    Only the newest silences are looked at, as many as a screen can wait for.
    """
    found: int = await connection.fetchval(_COUNT_SILENT, bot_id, since_ms, until_ms, skip_paid, most)
    return found
