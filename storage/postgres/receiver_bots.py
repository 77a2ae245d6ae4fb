"""The bots as receivers need them: their tokens, and the threshold that arms a chat."""

from typing import Final, NamedTuple

from storage.postgres.pool import Pool, transaction

_WATCHED: Final = """
SELECT b.id, b.username, b.token,
    CASE WHEN k.state IN ('live', 'shadow', 'paused') THEN (v.document ->> 'threshold_ms')::bigint END AS threshold_ms
FROM bots b
LEFT JOIN recovery_campaigns k ON k.bot_id = b.id
LEFT JOIN recovery_versions v ON v.bot_id = k.bot_id AND v.version = k.published_version
WHERE b.status IN ('active', 'paused') ORDER BY b.id
"""


class Watched(NamedTuple):
    """`threshold_ms` None: touches arm nothing."""

    bot_id: int
    username: str
    token: bytes
    threshold_ms: int | None


async def list_watched(pool: Pool) -> list[Watched]:
    """Raises UnreachableError."""
    async with transaction(pool) as connection:
        return [Watched(*row) for row in await connection.fetch(_WATCHED)]
