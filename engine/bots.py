"""`python -m engine.bots`: registers the bots whose users are watched.

A token comes from BOT_TOKEN or from standard input, never from the command line, where others could read it. Telegram
says whose it is before it is stored, encrypted.
"""

import argparse
import asyncio
import os
import re
import sys
import time
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from engine.core.campaign import Change
from engine.core.errors import NotFoundError, UnreachableError
from engine.process import command
from engine.settings import Secret, Settings, load_settings
from engine.vault import Vault
from storage import bots
from storage.postgres import open_pool, transaction

_TOKEN: Final = re.compile(r"\d+:[\w-]+", re.ASCII)
_NOT_THIS_TOKEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)
_PATIENCE: Final = aiohttp.ClientTimeout(total=20)


class _Bot(msgspec.Struct):
    id: int
    username: str


class _Answer(msgspec.Struct):
    ok: bool
    result: _Bot | None = None
    error_code: int = 0


async def add(settings: Settings, token: Secret) -> _Bot:
    """Check a token with Telegram and store it. Raises NotFoundError, UnreachableError."""
    bot = await _who_is(settings.telegram_api_url, token)
    pool = await open_pool(settings.database_url)
    try:
        ciphertext = Vault(settings.encryption_keys).encrypt(token.reveal())
        async with transaction(pool) as connection:
            known = await bots.hold_named(connection, bot.username)
            if known and known.bot_id != bot.id:
                raise NotFoundError(
                    f"@{bot.username} is registered as bot {known.bot_id}, and this token is of bot {bot.id}."
                )
            await bots.add(connection, bot.id, bot.username, ciphertext, _change())
    finally:
        await pool.close()
    return bot


async def listed(settings: Settings) -> list[str]:
    pool = await open_pool(settings.database_url)
    try:
        async with transaction(pool) as connection:
            return [f"{row.bot_id}  @{row.username}  {row.status}" for row in await bots.list_bots(connection)]
    finally:
        await pool.close()


async def _who_is(api_url: str, token: Secret) -> _Bot:
    if not _TOKEN.fullmatch(token.reveal()):
        raise NotFoundError("This is not a bot's token: copy it again from @BotFather, such as 123456:ABC-DEF.")
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.get(f"{api_url}/bot{token.reveal()}/getMe") as response,
        ):
            answer = msgspec.json.decode(await response.read(), type=_Answer)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreachableError("The Bot API does not answer: check TELEGRAM_API_URL and the network.") from error
    if answer.error_code in _NOT_THIS_TOKEN:
        raise NotFoundError("Telegram does not know this token: copy it again from @BotFather.")
    if answer.result is None:
        raise UnreachableError(f"The Bot API refuses to answer now ({answer.error_code}): try again in a minute.")
    return answer.result


def _token() -> Secret:
    text = os.environ.get("BOT_TOKEN") or sys.stdin.readline()
    if not text.strip():
        raise NotFoundError("There is no token: set BOT_TOKEN, or write it to standard input.")
    return Secret(text.strip())


def _change() -> Change:
    return Change(actor=f"cli:uid={os.getuid()}", at=time.time_ns() // 1_000_000)


@command
def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m engine.bots", description=__doc__)
    parser.add_argument("action", choices=("add", "list"))
    action: str = parser.parse_args(arguments).action
    settings = load_settings()
    if action == "add":
        bot = asyncio.run(add(settings, _token()))
        sys.stdout.write(f"Registered @{bot.username} ({bot.id}).\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in asyncio.run(listed(settings))))


if __name__ == "__main__":
    sys.exit(main())
