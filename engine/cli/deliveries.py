"""`python -m engine deliveries`: what admins know of messages that were sent into silence.

A send whose answer was lost is `unknown` and is never repeated by itself. Whoever has looked at the chat may say what
became of it: `sent` or `failed`, one delivery at a time, audited.
"""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, get_args

from engine.core.change import Change
from engine.core.delivery.gate import Reason
from engine.core.errors import NotFoundError
from engine.runtime.process import command
from engine.settings import Settings, load_settings
from storage.postgres import audit, campaigns, unanswered
from storage.postgres.pool import Connection, Pool, open_pool, transaction
from storage.postgres.unanswered import Unanswered, UnansweredPlace

Word: TypeAlias = Literal["sent", "failed"]

MOST_LISTED: Final = 1_000
_REASONS: Final[dict[Word, Reason | None]] = {"sent": None, "failed": Reason.INTERNAL_ERROR}


async def list_unknown(pool: Pool, bot: str) -> list[Unanswered]:
    """The latest of a bot. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        return await unanswered.list_unknown(connection, await _bot_id(connection, bot), MOST_LISTED)


async def settle(pool: Pool, bot: str, place: UnansweredPlace, word: Word, change: Change) -> None:
    """Take an admin's word for what became of it. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        bot_id = await _bot_id(connection, bot)
        if not await unanswered.settle(connection, bot_id, place, word, _REASONS[word]):
            raise NotFoundError(
                "There is no such unknown delivery: `python -m engine deliveries unknown --bot @{bot}` lists those"
                " there are.",
                bot=_name(bot),
            )
        states = (audit.state(**place._asdict(), status=status) for status in ("unknown", word))
        await audit.record(connection, change, bot_id, "delivery.settle", *states)


async def _bot_id(connection: Connection, bot: str) -> int:
    bot_id = await campaigns.lock_bot(connection, _name(bot))
    if bot_id is None:
        raise NotFoundError(
            "There is no bot @{bot}: `python -m engine bots list` shows those there are.", bot=_name(bot)
        )
    return bot_id


def _name(bot: str) -> str:
    return bot.removeprefix("@")[:64]


async def _run(args: argparse.Namespace, settings: Settings) -> list[str]:
    pool = await open_pool(settings.database_url)
    try:
        if args.command == "unknown":
            return [_line(one) for one in await list_unknown(pool, args.bot)]
        step, _, block = args.block.partition("/")
        change = Change(actor=f"cli:uid={os.getuid()}", at=time.time_ns() // 1_000_000)
        await settle(pool, args.bot, UnansweredPlace(args.chat, args.episode, step, block), args.word, change)
        return [f"{args.block} for chat {args.chat} counts as {args.word}."]
    finally:
        await pool.close()


def _line(one: Unanswered) -> str:
    chat_id, episode_id, step, block = one.place
    claimed = datetime.fromtimestamp(one.claimed_at_ms / 1000, UTC)
    return f"--chat {chat_id} --episode {episode_id} --block {step}/{block}  {claimed:%Y-%m-%d %H:%M:%S} UTC"


@command
def main(arguments: Sequence[str]) -> None:
    said = asyncio.run(_run(_parser().parse_args(arguments), load_settings()))
    sys.stdout.write("".join(f"{line}\n" for line in said))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engine deliveries", description="See and settle what was sent without an answer."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("unknown", help=f"show the latest {MOST_LISTED} deliveries without an answer")
    settling = commands.add_parser("settle", help="say what became of one")
    for each in (listing, settling):
        each.add_argument("--bot", metavar="@name", required=True)
    settling.add_argument("--chat", metavar="N", type=int, required=True)
    settling.add_argument("--episode", metavar="N", type=int, required=True)
    settling.add_argument("--block", metavar="step/block", required=True)
    settling.add_argument("--as", dest="word", choices=get_args(Word), required=True)
    return parser
