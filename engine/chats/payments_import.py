"""Imports a file of payments that another system has exported.

All lines are checked before the first is stored: one bad line, and nothing is, unless bad lines may be left out. Each
payment has its full effect, an open episode ends. Importing a file again, or going on after a break, is safe.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from engine.chats import payments_csv
from engine.chats.endings import Endings
from engine.chats.payments_csv import Bad, PaymentLine
from engine.core.change import Change
from engine.core.errors import PaymentsError
from storage.postgres import audit, payments
from storage.postgres.payments import REFUNDED, Payment, Recorded
from storage.postgres.pool import transaction
from storage.redis.server_clock import server_now_ms

BATCH: Final = 512
SHOWN: Final = 20
"""How many bad lines are named; the others are counted."""
_PROGRESS: Final = 20
"""Batches between two reports of progress."""

Progress: TypeAlias = Callable[[int, int], None]
"""Hears how many payments are stored, and of how many."""


class Imported(NamedTuple):
    """What became of the lines below a file's header: new, repeated, refunded, bad and blank are all of them."""

    new: int
    repeated: int
    refunded: int
    ended: int
    bad: list[Bad]
    blank: int

    @property
    def lines(self) -> int:
        return self.new + self.repeated + self.refunded + len(self.bad) + self.blank


async def take_in(
    endings: Endings, path: Path, bot_id: int, actor: str, progress: Progress, *, skip_bad: bool
) -> Imported:
    """Raises PaymentsError, UnreachableError."""
    read = payments_csv.read(path)
    lines, contradicting = await _checked(endings, bot_id, read.good)
    bad = sorted([*read.bad, *contradicting])
    if bad and not skip_bad:
        raise PaymentsError(
            f"{named(bad)}\nNothing was stored, because of {len(bad)} bad line{'s' * (len(bad) != 1)}: mend the file,"
            " or leave bad lines out with --skip-bad."
        )
    counts, ended = await _store(endings, bot_id, lines, progress)
    change = Change(actor, await server_now_ms(endings.client))
    async with transaction(endings.pool) as connection:
        await audit.record(connection, change, bot_id, "payments.import", None, audit.state(**counts))
    return Imported(counts["new"], counts["repeated"], counts["refunded"], ended, bad, read.blank)


def named(bad: Sequence[Bad]) -> str:
    """The first bad lines, one a line, and how many more there are."""
    rest = [f"... and {len(bad) - SHOWN} more."] if len(bad) > SHOWN else []
    return "\n".join([*(f"Line {item.number}: {item.fault}." for item in bad[:SHOWN]), *rest])


async def _checked(endings: Endings, bot_id: int, lines: Sequence[PaymentLine]) -> tuple[list[PaymentLine], list[Bad]]:
    """Part the lines that agree with every known payment from those that contradict one."""
    good: list[PaymentLine] = []
    bad: list[Bad] = []
    for batch in _batches(lines):
        async with transaction(endings.pool) as connection:
            known = await payments.conflicts(connection, [Payment(bot_id, *line.told) for line in batch])
        for line in batch:
            if line.told.external_id in known:
                bad.append(Bad(line.number, "the external_id is known with another chat, amount or currency"))
            else:
                good.append(line)
    return good, bad


async def _store(
    endings: Endings, bot_id: int, lines: Sequence[PaymentLine], progress: Progress
) -> tuple[Counter[str], int]:
    """The payments by what became of them, and how many episodes they ended."""
    counts: Counter[str] = Counter()
    taken = ended = 0
    for place, batch in enumerate(_batches(lines), 1):
        paid = await endings.pay([Payment(bot_id, *line.told) for line in batch])
        counts.update(map(_kind, paid.recorded))
        taken, ended = taken + len(batch), ended + len(paid.ended)
        if place % _PROGRESS == 0:
            progress(taken, len(lines))
    return counts, ended


def _kind(found: Recorded) -> str:
    if found.status == found.before or found.status is None:
        return "repeated"
    return "refunded" if found.status == REFUNDED else "new"


def _batches(lines: Sequence[PaymentLine]) -> Iterator[list[PaymentLine]]:
    """In order; a repeated external id begins a new batch."""
    batch: list[PaymentLine] = []
    ids: set[str] = set()
    for line in lines:
        if len(batch) == BATCH or line.told.external_id in ids:
            yield batch
            batch, ids = [], set()
        batch.append(line)
        ids.add(line.told.external_id)
    if batch:
        yield batch
