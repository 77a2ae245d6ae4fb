"""The tokens of all bots, encrypted, and the keys with which their webhooks were set: what a rotation goes through.

A removed bot has no token.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

from storage.postgres.pool import Connection, Pool, transaction
from storage.postgres.statements import PAGE

_PAGE: Final = "SELECT id, username, token FROM bots WHERE id > $1 AND token <> '' ORDER BY id LIMIT $2"
_HOLD: Final = " FOR NO KEY UPDATE"


class SealedToken(NamedTuple):
    bot_id: int
    username: str
    token: bytes


async def pages(connection: Connection, *, hold: bool) -> AsyncIterator[list[SealedToken]]:
    """All tokens in the order of the bots; `hold` locks their rows until the transaction ends."""
    after_id = 0
    while rows := await connection.fetch(_PAGE + _HOLD * hold, after_id, PAGE):
        yield [SealedToken(*row) for row in rows]
        after_id = rows[-1]["id"]


async def replace(connection: Connection, renewed: Sequence[SealedToken]) -> None:
    """Store the same tokens under another key."""
    await connection.executemany(
        "UPDATE bots SET token = $2 WHERE id = $1", [(one.bot_id, one.token) for one in renewed]
    )


async def note_webhook(pool: Pool, bot_id: int, key: str | None) -> None:
    """The bot's webhook was set with a secret of this key, or removed. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute(
            "UPDATE bots SET webhook_key = $2 WHERE id = $1 AND webhook_key IS DISTINCT FROM $2", bot_id, key
        )


async def webhooks(connection: Connection) -> dict[str, int]:
    """How many webhooks of watched bots were set with each key."""
    rows = await connection.fetch(
        "SELECT webhook_key, count(*) FROM bots WHERE webhook_key IS NOT NULL AND status IN ('active', 'paused')"
        " GROUP BY webhook_key"
    )
    return {row[0]: row[1] for row in rows}
