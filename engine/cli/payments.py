"""`python -m engine payments import FILE.csv --bot @name`: takes payments in that another system has exported.

All lines are looked at before the first is stored: one bad line, and nothing is, unless --skip-bad leaves the bad ones
out. Each payment has its full effect, an open episode ends. To import a file twice, or to go on after a break, is safe.
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from engine.administration import bots as registry
from engine.chats import payments_csv
from engine.chats.endings import Endings
from engine.chats.payments_csv import Bad, PaymentLine
from engine.core.change import Change
from engine.core.errors import PaymentsError
from engine.runtime.process import command
from engine.settings import Settings, load_settings
from storage.postgres import audit, payments
from storage.postgres.bots import BotRecord
from storage.postgres.payments import REFUNDED, Payment, Recorded
from storage.postgres.pool import open_pool, transaction
from storage.redis.client import open_redis
from storage.redis.timers import Timers

BATCH: Final = 512
SHOWN: Final = 20
"""So many bad lines are named; the others are counted."""
_PROGRESS: Final = 20
"""Batches between two words of progress."""


class Imported(NamedTuple):
    """What became of the lines of a file."""

    new: int
    repeated: int
    refunded: int
    ended: int
    bad: list[Bad]


async def take_in(settings: Settings, path: Path, bot: str, *, skip_bad: bool) -> Imported:
    """Raises PaymentsError, NotFoundError, UnreachableError."""
    lines, bad = payments_csv.read(path)
    async with _opened(settings) as endings:
        async with transaction(endings.pool) as connection:
            known = await registry.served(connection, bot)
        lines, contradicting = await _checked(endings, known.bot_id, lines)
        bad = sorted([*bad, *contradicting])
        if bad and not skip_bad:
            raise PaymentsError(
                f"{_named(bad)}\nNothing was stored, because of {_count(len(bad), 'bad line')}: mend the file, or leave"
                " bad lines out with --skip-bad."
            )
        return await _store(endings, known, lines, bad)


async def _checked(endings: Endings, bot_id: int, lines: Sequence[PaymentLine]) -> tuple[list[PaymentLine], list[Bad]]:
    """Which of them contradict nothing that is known, and which do."""
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


async def _store(endings: Endings, bot: BotRecord, lines: Sequence[PaymentLine], bad: list[Bad]) -> Imported:
    counts: Counter[str] = Counter()
    taken = ended = 0
    for place, batch in enumerate(_batches(lines), 1):
        paid = await endings.pay([Payment(bot.bot_id, *line.told) for line in batch])
        counts.update(map(_kind, paid.recorded))
        taken, ended = taken + len(batch), ended + len(paid.ended)
        if place % _PROGRESS == 0:
            sys.stderr.write(f"{taken:,} of {len(lines):,} payments are taken in.\n")
    async with transaction(endings.pool) as connection:
        change = Change(actor=f"cli:uid={os.getuid()}", at=time.time_ns() // 1_000_000)
        await audit.record(connection, change, bot.bot_id, "payments.import", None, audit.state(**counts))
    return Imported(counts["new"], counts["repeated"], counts["refunded"], ended, bad)


def _kind(found: Recorded) -> str:
    if found.status == found.before or found.status is None:
        return "repeated"
    return "refunded" if found.status == REFUNDED else "new"


def _batches(lines: Sequence[PaymentLine]) -> Iterator[list[PaymentLine]]:
    """In order; an external id that stands twice begins a new one."""
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


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Endings]:
    async with AsyncExitStack() as stack:
        client = open_redis(settings.redis_url)
        stack.push_async_callback(client.aclose)
        pool = await open_pool(settings.database_url)
        stack.push_async_callback(pool.close)
        yield Endings(pool, client, Timers(client), str)


def _said(done: Imported) -> str:
    left_out = f"\n{_named(done.bad)}\n{_count(len(done.bad), 'line')} left out." if done.bad else ""
    return (
        f"{done.new} new, {done.repeated} repeated, {done.refunded} refunded; {_count(done.ended, 'episode')} ended."
        f"{left_out}"
    )


def _named(bad: Sequence[Bad]) -> str:
    rest = [f"... and {len(bad) - SHOWN} more."] if len(bad) > SHOWN else []
    return "\n".join([*(f"Line {item.number}: {item.fault}." for item in bad[:SHOWN]), *rest])


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


@command
def main(arguments: Sequence[str]) -> None:
    args = _parser().parse_args(arguments)
    done = asyncio.run(take_in(load_settings(), args.file, args.bot, skip_bad=args.skip_bad))
    sys.stdout.write(f"{_said(done)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine payments", description="Take payments in from elsewhere.")
    commands = parser.add_subparsers(dest="command", required=True)
    imported = commands.add_parser("import", help=f"a CSV file with the columns {', '.join(payments_csv.COLUMNS)}")
    imported.add_argument("file", type=Path, metavar="FILE.csv")
    imported.add_argument("--bot", metavar="@name", required=True)
    imported.add_argument("--skip-bad", action="store_true", help="store the good lines, and name the others")
    return parser
