"""The number of shards, where it is not lost: Redis, where pollers read it, may be emptied while none of them runs."""

from typing import Final

from storage.postgres.pool import Pool, transaction

_NAME: Final = "shards"


async def read(pool: Pool) -> int | None:
    """None before the first poller has run. Raises UnreachableError."""
    async with transaction(pool) as connection:
        found: int | None = await connection.fetchval("SELECT value FROM numbers WHERE name = $1", _NAME)
    return found


async def keep(pool: Pool, count: int, now_ms: int) -> None:
    """Safe to repeat. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "INSERT INTO numbers (name, value, changed_at) VALUES ($1, $2, $3) ON CONFLICT (name)"
            " DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at"
            " WHERE numbers.value <> excluded.value",
            *(_NAME, count, now_ms),
        )
