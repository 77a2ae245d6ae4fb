"""`python -m engine payments import FILE.csv --bot @name`: imports payments that another system has exported."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from engine.administration import lookup
from engine.administration.registration import operator
from engine.chats import payments_csv, payments_import
from engine.chats.endings import Endings
from engine.chats.payments_import import Imported
from engine.cli.shared import Json, OfBot, counted, example, noun, open_servers, say, say_json
from engine.settings import Settings
from storage.postgres.pool import transaction
from storage.redis.timers import Timers

app = noun("payments", "payments import payments.csv --bot @shop_bot")


@app.command(name="import", help_epilogue=example("payments import payments.csv --bot @shop_bot --skip-bad"))
async def import_file(
    file: Annotated[Path, Parameter(help=f"A CSV file with the columns {', '.join(payments_csv.COLUMNS)}.")],
    /,
    *,
    bot: OfBot,
    skip_bad: Annotated[bool, Parameter(help="Store the good lines, and name the others.")] = False,
    json: Json = False,
) -> None:
    """Store the payments of a file; open episodes of people who paid end. Importing it again is safe."""
    done = await take_in(file, bot, skip_bad=skip_bad)
    if json:
        bad = [{"line": bad.number, "fault": bad.fault} for bad in done.bad]
        say_json({"lines": done.lines, **done._asdict(), "bad": bad})
    else:
        say(_sentence(done))


async def take_in(file: Path, bot: str, *, skip_bad: bool, settings: Settings | None = None) -> Imported:
    """Raises PaymentsError, NotFoundError, UnreachableError."""
    async with open_servers(settings) as servers:
        async with transaction(servers.pool) as connection:
            bot_id = await lookup.bot(connection, bot)
        endings = Endings(servers.pool, servers.redis, Timers(servers.redis), str)
        return await payments_import.take_in(endings, file, bot_id, operator(), _progress, skip_bad=skip_bad)


def _progress(stored: int, total: int) -> None:
    sys.stderr.write(f"{stored:,} of {total:,} payments are taken in.\n")


def _sentence(done: Imported) -> str:
    named = f"\n{payments_import.named(done.bad)}" if done.bad else ""
    return (
        f"{counted(done.lines, 'line')} below the header: {done.new} new, {done.repeated} repeated,"
        f" {done.refunded} refunded, {len(done.bad)} left out, {done.blank} blank;"
        f" {counted(done.ended, 'episode')} ended.{named}"
    )
