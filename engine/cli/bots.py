"""`python -m engine bots`: registers, paces, holds and removes the bots whose users are watched.

A token comes from BOT_TOKEN or from standard input, never from the command line, where others could read it. Telegram
says whose it is before it is stored, encrypted. What may be done is decided in `engine.administration.bots`, and with
the keys of a bot's HTTP API in `engine.administration.api_keys`.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from engine.administration import api_keys, bots
from engine.administration.bot_tokens import who_is
from engine.administration.bots import Identity
from engine.core.change import Change
from engine.core.delivery.rate_limit import FREE_MOST, PAID_MOST
from engine.core.errors import NotFoundError
from engine.runtime.process import command
from engine.security.vault import Vault
from engine.settings import Secret, Settings, load_settings
from storage.postgres.pool import Pool, now_ms, open_pool
from storage.redis.client import open_redis

Command: TypeAlias = Callable[[argparse.Namespace, Settings], Coroutine[Any, Any, str]]


async def add(settings: Settings, token: Secret, meant: str | None = None) -> Identity:
    """Check a token with Telegram and store it. Raises NotFoundError, BotError, UnreachableError."""
    bot = await who_is(settings.telegram_api_url, token)
    async with _opened(settings) as pool:
        await bots.add(
            pool,
            Vault(settings.encryption_keys),
            bot,
            token,
            meant,
            await _change(pool),
            manager_id=settings.manager_id,
        )
    return bot


async def listed(settings: Settings) -> list[str]:
    async with _opened(settings) as pool:
        return [f"{bot.bot_id}  @{bot.username}  {bot.status}" for bot in await bots.listed(pool)]


async def remove(settings: Settings, name: str, *, confirmed: bool) -> int:
    """Returns how many episodes ended. Raises NotFoundError, BotError, UnreachableError."""
    client = open_redis(settings.redis_url)
    try:
        async with _opened(settings) as pool:
            return await bots.remove(pool, client, name, await _change(pool), confirmed=confirmed)
    finally:
        await client.aclose()


async def _add(args: argparse.Namespace, settings: Settings) -> str:
    bot = await add(settings, _token(), args.bot)
    return f"Registered @{bot.username} ({bot.id})."


async def _list(_: argparse.Namespace, settings: Settings) -> str:
    return "\n".join(await listed(settings))


async def _pause(args: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        await bots.pause(pool, args.name, await _change(pool))
    return f"{args.name} is paused: nothing is sent, and every timer stays."


async def _resume(args: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        await bots.resume(pool, args.name, await _change(pool))
    return f"{args.name} is active."


async def _pace(args: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        await bots.set_pace(pool, args.name, args.pace, await _change(pool), paid=args.paid, confirmed=args.yes)
    return f"{args.name} sends at most {args.pace} messages a second{', paid with its Stars' * args.paid}."


async def _remove(args: argparse.Namespace, settings: Settings) -> str:
    ended = await remove(settings, args.name, confirmed=args.yes)
    return f"{args.name} is removed; {ended} episode{'s' * (ended != 1)} ended. `add` takes it up again."


async def _keys(args: argparse.Namespace, settings: Settings) -> str:
    async with _opened(settings) as pool:
        return await _KEYS[args.act](pool, args)


async def _add_key(pool: Pool, args: argparse.Namespace) -> str:
    key = await api_keys.add(pool, args.name, args.key_name, await _change(pool))
    return f"{key.reveal()}\nThis key of {args.name} is shown once: keep it where the bot's own code finds it."


async def _list_keys(pool: Pool, args: argparse.Namespace) -> str:
    return "\n".join(
        f"{key.name}  made {_date(key.created_at_ms)}"
        + (f"  revoked {_date(key.revoked_at_ms)}" if key.revoked_at_ms else "")
        for key in await api_keys.listed(pool, args.name)
    )


async def _revoke_key(pool: Pool, args: argparse.Namespace) -> str:
    await api_keys.revoke(pool, args.name, args.key_name, await _change(pool))
    return f"The key {args.key_name!r} of {args.name} is revoked."


def _date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


_KEYS: Final[dict[str, Callable[[Pool, argparse.Namespace], Coroutine[Any, Any, str]]]] = {
    "add": _add_key,
    "list": _list_keys,
    "revoke": _revoke_key,
}

_COMMANDS: Final[dict[str, Command]] = {
    "add": _add,
    "list": _list,
    "pause": _pause,
    "resume": _resume,
    "pace": _pace,
    "remove": _remove,
    "keys": _keys,
}


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Pool]:
    pool = await open_pool(settings.database_url)
    try:
        yield pool
    finally:
        await pool.close()


def _token() -> Secret:
    text = os.environ.get("BOT_TOKEN") or sys.stdin.readline()
    if not text.strip():
        raise NotFoundError("There is no token: set BOT_TOKEN, or write it to standard input.")
    return Secret(text.strip())


async def _change(pool: Pool) -> Change:
    return Change(actor=f"cli:uid={os.getuid()}", at=await now_ms(pool))


@command
def main(arguments: Sequence[str]) -> None:
    args = _parser().parse_args(arguments)
    said = asyncio.run(_COMMANDS[args.command](args, load_settings()))
    sys.stdout.write(f"{said}\n" if said else "")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m engine bots", description="Manage the bots whose users are watched."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    added = commands.add_parser(
        "add", help="register a bot, or give a known one a new token; it is read from BOT_TOKEN or stdin"
    )
    added.add_argument("--bot", metavar="@name", help="refuse a token of any other bot")
    commands.add_parser("list", help="show the bots")
    commands.add_parser("pause", help="hold everything of a bot in its place").add_argument("name", metavar="@name")
    commands.add_parser("resume", help="take up a pause").add_argument("name", metavar="@name")
    paced = commands.add_parser("pace", help="say how many messages a bot may send in a second")
    paced.add_argument("name", metavar="@name")
    paced.add_argument("pace", type=int, metavar="N", help=f"1 to {FREE_MOST}, or to {PAID_MOST} with --paid")
    paced.add_argument(
        "--paid", action="store_true", help=f"the bot's Stars pay for what exceeds {FREE_MOST}; without it they do not"
    )
    paced.add_argument("--yes", action="store_true", help="the owner's word that they may, needed once")
    removed = commands.add_parser("remove", help="end everything of a bot and forget its token")
    removed.add_argument("name", metavar="@name")
    removed.add_argument("--yes", action="store_true", help="needed: it is done at once")
    keys = commands.add_parser("keys", help="the keys of a bot's HTTP API: one is shown once, when it is made")
    keys.add_argument("act", choices=list(_KEYS))
    keys.add_argument("name", metavar="@name")
    keys.add_argument(
        "--name", dest="key_name", metavar="TEXT", default=api_keys.DEFAULT_NAME, help="which key (%(default)s)"
    )
    return parser
