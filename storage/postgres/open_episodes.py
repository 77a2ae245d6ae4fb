"""The episodes of a bot that are open, page by page: each should have a timer in Redis."""

from typing import Final, NamedTuple

from engine.core.delivery.cursor import Cursor
from storage.postgres.pool import Pool, fetch
from storage.postgres.statements import read_statement

_LIST: Final = read_statement("list_open")


class OpenEpisode(NamedTuple):
    """`status` and what stands around it are of the latest delivery; None if there is none."""

    chat_id: int
    episode_id: int
    ordinal: int | None
    step_key: str | None
    block_key: str | None
    campaign_version: int | None
    version: int | None
    status: str | None
    due_at: int | None
    paid_at: int | None
    opted_out: bool
    unreachable: bool

    @property
    def cursor(self) -> Cursor | None:
        if self.step_key is None:
            return None
        place = (self.ordinal or 0, self.step_key, self.block_key or "", self.campaign_version or 0)
        return Cursor(self.episode_id, *place)


async def list_open(pool: Pool, bot_id: int, after_chat: int) -> list[OpenEpisode]:
    """The next page, in the order of the chats. Raises UnreachableError."""
    return [OpenEpisode(*row) for row in await fetch(pool, _LIST, bot_id, after_chat)]
