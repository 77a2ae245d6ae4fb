"""Which process has which keys, and had them until when. Keys are here by their fingerprints only.

A process records itself when it starts, again and again while it runs, and when it ends in order; one that is not heard
of for LOST_MS has ended otherwise. A row stays when its process has ended: it says for how long its first key may have
signed something.
"""

from typing import Final, NamedTuple

from storage.postgres.pool import Connection, Pool, transaction
from storage.postgres.statements import read_statement

LOST_MS: Final = 30_000
_RECORD: Final = read_statement("record_key_holder")


class KeyHolder(NamedTuple):
    """`kind` is manager, receiver or poller. `signs`: it signs what people get, with the first of its `keys`."""

    process: str
    kind: str
    keys: tuple[str, ...]
    signs: bool
    seen_at_ms: int = 0
    ended: bool = False

    def runs(self, now_ms: int) -> bool:
        return not self.ended and now_ms - self.seen_at_ms < LOST_MS

    @property
    def last_used_ms(self) -> int:
        """The last moment at which it may have used its first key."""
        return self.seen_at_ms if self.ended else self.seen_at_ms + LOST_MS


async def record(pool: Pool, holder: KeyHolder) -> None:
    """Raises UnreachableError."""
    process, kind, keys, *rest = holder
    async with transaction(pool) as connection:
        await connection.execute(_RECORD, process, kind, ",".join(keys), *rest, holder.seen_at_ms - LOST_MS)


async def listed(connection: Connection) -> list[KeyHolder]:
    """Those that have ended too."""
    rows = await connection.fetch(
        "SELECT process, kind, string_to_array(keys, ','), signs, seen_at, ended FROM key_holders"
        " ORDER BY kind, process"
    )
    return [KeyHolder(process, kind, tuple(keys), *rest) for process, kind, keys, *rest in rows]
