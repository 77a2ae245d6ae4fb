"""`python -m engine bots`: registers, paces, pauses and removes the bots whose users are watched.

A token comes from BOT_TOKEN or from standard input, never from the command line, where others could read it. Telegram
says whose it is before it is stored, encrypted.
"""

import os
import sys
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

from engine.administration import api_keys, bots, registration
from engine.chats.reported_activity import NEW_A_DAY
from engine.cli import key_line
from engine.cli.shared import (
    BotName,
    Json,
    Whole,
    Yes,
    counted,
    example,
    noun,
    open_servers,
    say,
    say_json,
    say_rows,
    shown_now_ms,
    working,
)
from engine.core import api_key
from engine.core.delivery.rate_limit import FREE_MOST, PAID_MOST
from engine.core.errors import NotFoundError
from engine.settings import Secret, load_settings

KeyName: TypeAlias = Annotated[
    str, Parameter("--name", metavar="TEXT", help="Which of the bot's keys.", show_default=True)
]

Scopes: TypeAlias = Annotated[
    str | None,
    Parameter("--scopes", metavar="LIST", help=f"What the key may do: {', '.join(api_key.ALL)}; all by default."),
]
Expires: TypeAlias = Annotated[
    str | None,
    Parameter(
        "--expires", metavar="WHEN", help="When it ends: 90d, a date (its last day, in UTC) or never, the default."
    ),
]

app = noun("bots", "bots list")
keys = noun("keys", "bots keys list @shop_bot")
keys.help = "Make, list, change and revoke the keys of a bot's HTTP API."
app.command(keys)


@app.command(help_epilogue=example("bots add < token.txt"))
async def add(
    *, bot: Annotated[str | None, Parameter(metavar="@NAME", help="Refuse the token of any other bot.")] = None
) -> None:
    """Register a bot, or give a known one a new token, read from BOT_TOKEN or standard input."""
    token = _token()
    with working("Asking Telegram ..."):
        added = await registration.add(load_settings(), token, bot)
    say(f"Registered @{added.username} ({added.id}).")


@app.command(name="list", help_epilogue=example("bots list --json"))
async def list_bots(*, json: Json = False) -> None:
    """List the bots."""
    async with open_servers() as servers:
        listed = await bots.listed(servers.pool)
    if json:
        say_json(listed)
    else:
        say_rows(("id", "bot", "status"), [(str(bot.bot_id), f"@{bot.username}", bot.status) for bot in listed])


@app.command(help_epilogue=example("bots pause @shop_bot"))
async def pause(bot: BotName, /) -> None:
    """Hold everything of a bot in its place."""
    async with open_servers() as servers:
        await bots.pause(servers.pool, bot, await servers.halting_change())
    say(f"{bot} is paused: nothing is sent, and every timer stays.")


@app.command(help_epilogue=example("bots resume @shop_bot"))
async def resume(bot: BotName, /) -> None:
    """End a bot's pause."""
    async with open_servers() as servers:
        await bots.resume(servers.pool, bot, await servers.change())
    say(f"{bot} is active.")


@app.command(help_epilogue=example("bots trust @shop_bot"))
async def trust(bot: BotName, /) -> None:
    """Believe a bot's silences as they stand, although another program may have read its updates."""
    async with open_servers() as servers:
        await bots.trust(servers.pool, bot, await servers.change())
    say(f"The silences of {bot} are believed as they stand.")


@app.command(help_epilogue=example("bots pace @shop_bot 40 --paid"))
async def pace(
    bot: BotName,
    messages: Annotated[Whole, Parameter(help=f"1 to {FREE_MOST}, or to {PAID_MOST} with --paid.")],
    /,
    *,
    paid: Annotated[bool, Parameter(help=f"Let the bot's Stars pay for what exceeds {FREE_MOST}.")] = False,
    yes: Annotated[bool, Parameter(help="Confirm that the owner allows --paid; needed once.")] = False,
) -> None:
    """Set how many messages a bot may send in a second."""
    async with open_servers() as servers:
        await bots.set_pace(servers.pool, bot, messages, await servers.change(), paid=paid, confirmed=yes)
    say(f"{bot} sends at most {messages} messages a second{', paid with its Stars' * paid}.")


@app.command(name="new-chats", help_epilogue=example("bots new-chats @shop_bot on"))
async def new_chats(
    bot: BotName, switch: Annotated[Literal["on", "off"], Parameter(help="`off` is the default.")], /
) -> None:
    """Let a bot's HTTP API name people who have not been seen to start the bot, or only those who have."""
    by_api = switch == "on"
    async with open_servers() as servers:
        await bots.set_new_chats(servers.pool, bot, await servers.change(), by_api=by_api)
    people = f"anybody, up to {NEW_A_DAY} new people a day" if by_api else "only people who have started the bot"
    say(f"The HTTP API of {bot} may report {people}.")


@app.command(help_epilogue=example("bots remove @shop_bot --yes"))
async def remove(bot: BotName, /, *, yes: Yes = False) -> None:
    """End everything of a bot and forget its token. Without --yes, say what that would end."""
    async with open_servers() as servers:
        ended = await bots.remove(servers.pool, servers.redis, bot, await servers.change(), confirmed=yes)
    say(f"{bot} is removed; {counted(ended, 'episode')} ended. `add` takes it up again.")


@keys.command(name="add", help_epilogue=example("bots keys add @shop_bot --name shop --scopes payments"))
async def add_key(
    bot: BotName, /, *, name: KeyName = api_keys.DEFAULT_NAME, scopes: Scopes = None, expires: Expires = None
) -> None:
    """Make a key, and print it this once."""
    async with open_servers() as servers:
        key = await api_keys.add(servers.pool, bot, name, await servers.change(), scopes, expires)
    say(f"{key.reveal()}\nThis key of {bot} is shown once: keep it where the bot's own code finds it.")


@keys.command(name="list", help_epilogue=example("bots keys list @shop_bot"))
async def list_keys(bot: BotName, /, *, json: Json = False) -> None:
    """List a bot's keys, revoked ones too."""
    async with open_servers() as servers:
        listed = await api_keys.listed(servers.pool, bot)
    if json:
        say_json([key_line.document(key) for key in listed])
    else:
        say_rows(key_line.HEADINGS, [key_line.cells(key, shown_now_ms()) for key in listed])


@keys.command(name="edit", help_epilogue=example("bots keys edit @shop_bot --name shop --expires 90d"))
async def edit_key(
    bot: BotName, /, *, name: KeyName = api_keys.DEFAULT_NAME, scopes: Scopes = None, expires: Expires = None
) -> None:
    """Change what a key may do, or when it ends; the key itself stays."""
    async with open_servers() as servers:
        rights = await api_keys.edit(servers.pool, bot, name, await servers.change(), scopes, expires)
    say(f"The key {name!r} of {bot} is good for {key_line.said(rights)}.")


@keys.command(name="revoke", help_epilogue=example("bots keys revoke @shop_bot --name shop"))
async def revoke_key(bot: BotName, /, *, name: KeyName = api_keys.DEFAULT_NAME) -> None:
    """Revoke a key: every receiver refuses it within a second."""
    async with open_servers() as servers:
        await api_keys.revoke(servers.pool, bot, name, await servers.change())
    say(f"The key {name!r} of {bot} is revoked.")


def _token() -> Secret:
    text = os.environ.get("BOT_TOKEN") or sys.stdin.readline()
    if not text.strip():
        raise NotFoundError("There is no token: set BOT_TOKEN, or write it to standard input.")
    return Secret(text.strip())
