"""The bots as receivers need them: their tokens, and the threshold that arms a chat."""

from typing import Final, NamedTuple

from storage.postgres.pool import Pool, fetch
from storage.postgres.statements import read_statement

_LIST: Final = read_statement("list_receiver_bots")


class Watched(NamedTuple):
    """`threshold_ms` None: touches arm nothing. `new_chats_by_api`: its HTTP API may name people who are not known."""

    bot_id: int
    username: str
    token: bytes
    threshold_ms: int | None
    new_chats_by_api: bool = False


async def list_watched(pool: Pool) -> list[Watched]:
    """Raises UnreachableError."""
    return [Watched(*row) for row in await fetch(pool, _LIST)]
