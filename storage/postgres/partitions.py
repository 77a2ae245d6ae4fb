"""Partitions of the deliveries, one for each month, made ahead by the running system.

The default partition takes every row that has no other place, so that none is lost. A month whose rows already lie
there cannot get a partition of its own, so partitions are made well before their month begins.

PostgreSQL takes no parameters in a CREATE TABLE: its name and bounds are written into it, and come from a date alone.
"""

from datetime import UTC, datetime
from typing import Final

from storage.postgres.pool import Pool, transaction

MONTHS_AHEAD: Final = 2
_YEAR_MONTHS: Final = 12
_LOCK: Final = 7_203_115  # any number, as long as it is ours alone: pollers make partitions one after the other
_IS_FREE: Final = """
SELECT pg_advisory_xact_lock($4) IS NOT NULL AND to_regclass($1) IS NULL AND NOT EXISTS (
    SELECT FROM recovery_deliveries_default WHERE episode_id >= $2 AND episode_id < $3)
"""


def partitions_from(now_ms: int) -> list[tuple[str, int, int]]:
    """Name, first and past-the-last episode (ms) of this month's partition and of those ahead."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC)
    first = today.year * _YEAR_MONTHS + today.month - 1
    return [_partition(month) for month in range(first, first + MONTHS_AHEAD + 1)]


async def make_ahead(pool: Pool, now_ms: int) -> list[str]:
    """Make the partitions that are missing; returns their names. Raises UnreachableError."""
    made = []
    for name, low, high in partitions_from(now_ms):
        async with transaction(pool) as connection:
            if await connection.fetchval(_IS_FREE, name, low, high, _LOCK):
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF recovery_deliveries FOR VALUES FROM ({low}) TO ({high})"
                )
                made.append(name)
    return made


def _partition(month: int) -> tuple[str, int, int]:
    year, place = divmod(month, _YEAR_MONTHS)
    return f"recovery_deliveries_{year}_{place + 1:02}", _starts_ms(month), _starts_ms(month + 1)


def _starts_ms(month: int) -> int:
    year, place = divmod(month, _YEAR_MONTHS)
    return int(datetime(year, place + 1, 1, tzinfo=UTC).timestamp()) * 1000
