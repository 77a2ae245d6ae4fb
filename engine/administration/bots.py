"""What admins may do with a bot, by whichever door: read, decide, write with audit, in one transaction.

A repeated action is no error and leaves no second line in the audit log. Only a working token ends a suspension, never
an admin's word. A removal is recorded first; then open episodes end and the timers are dropped. If that is interrupted,
a poller ends the rest, and repeating the command drops the timers. Without a token no message is deleted or edited any
more; a bot that is added again goes on with that.
"""

from typing import Final

import msgspec

from engine.administration import lookup
from engine.core.bot_identity import Speaker
from engine.core.campaign import lifecycle
from engine.core.change import Change
from engine.core.delivery.gate import Reason
from engine.core.delivery.rate_limit import FREE_MOST, PAID_MOST
from engine.core.errors import BotError
from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres import bots, campaigns, chats, incidents, message_sweeps
from storage.postgres.bots import BotRecord
from storage.postgres.pool import Connection, Pool, transaction
from storage.redis.chat_states import forget_bot
from storage.redis.client import Redis


class Identity(msgspec.Struct, frozen=True):
    """A bot as Telegram names it."""

    id: int
    username: str


_KEPT: Final = ("active", "paused")
"""The status of a bot whose token works."""


class Registered(msgspec.Struct, frozen=True):
    """A bot as an admin sees it."""

    bot_id: int
    username: str
    status: str


async def add(
    pool: Pool,
    vault: Vault,
    bot: Identity,
    token: Secret,
    meant: str | None,
    change: Change,
    *,
    manager_id: int | None = None,
) -> None:
    """Register a bot, or give a known one its new token; it is active then, unless an admin has paused it.

    `meant`: the bot that it must be. The manager is never watched: two readers would take its updates from each other.
    """
    if bot.id == manager_id:
        raise BotError(
            "@{bot} is the manager itself: give the token of the bot that your customers use.", bot=bot.username
        )
    async with transaction(pool) as connection:
        await _check_identity(connection, bot, meant)
        known = await bots.hold(connection, bot.id)
        mended = await incidents.close_incidents(connection, bot.id, incidents.TOKEN_INCIDENTS, change.at)
        if mended or not (known and _is_as_asked(known, bot, token, vault)):
            await bots.add(connection, bot.id, bot.username, vault.encrypt(token.reveal()), change)


async def listed(pool: Pool) -> list[Registered]:
    async with transaction(pool) as connection:
        return [Registered(row.bot_id, row.username, row.status) for row in await bots.list_bots(connection)]


async def speaker(pool: Pool, vault: Vault, name: str) -> Speaker:
    """The identity with which a bot sends. Raises NotFoundError, SettingsError if its token cannot be decrypted."""
    async with transaction(pool) as connection:
        known = await _named(connection, name)
    if known.status == "removed":
        raise lookup.no_bot(name)
    return Speaker(known.bot_id, known.username, vault.decrypt(known.token), known.paid_broadcast)


async def pause(pool: Pool, name: str, change: Change) -> None:
    """Hold everything of a bot in its place."""
    await _set_status(pool, name, "paused", "pause", change)


async def resume(pool: Pool, name: str, change: Change) -> None:
    """End a pause."""
    await _set_status(pool, name, "active", "resume", change)


async def trust(pool: Pool, name: str, change: Change) -> None:
    """Believe the silences of a bot as they stand, although another program may have read its updates."""
    async with transaction(pool) as connection:
        await bots.trust(connection, await served(connection, name), change)


async def set_pace(pool: Pool, name: str, pace: int, change: Change, *, paid: bool, confirmed: bool) -> None:
    """Set how many messages a second a bot may send; `paid`: Telegram charges Stars for what exceeds the free rate."""
    _check_pace(pace, paid=paid)
    async with transaction(pool) as connection:
        known = await _named(connection, name)
        if known.status == "removed":
            raise lookup.no_bot(name)
        if paid and not known.paid_broadcast and not confirmed:
            raise _unpaid(known, pace)
        if (known.pace, known.paid_broadcast) != (pace, paid):
            await bots.set_pace(connection, known, pace, change, paid=paid)


async def set_new_chats(pool: Pool, name: str, change: Change, *, by_api: bool) -> None:
    """Set whether the bot's HTTP API may name people whom no update has shown."""
    async with transaction(pool) as connection:
        known = await served(connection, name)
        if known.new_chats_by_api != by_api:
            await bots.set_new_chats(connection, known, change, by_api=by_api)


async def remove(pool: Pool, client: Redis, name: str, change: Change, *, confirmed: bool) -> int:
    """End everything of a bot and drop its token and timers; returns how many episodes that ended."""
    async with transaction(pool) as connection:
        known = await _named(connection, name)
        if known.status != "removed" and not confirmed:
            raise await _unconfirmed(connection, known)
        if known.status != "removed":
            await _remove(connection, known, change)
    ended = await chats.conclude_all(pool, known.bot_id, Reason.STOPPED, change.at, change.at)
    await forget_bot(client, known.bot_id)
    return ended


def _check_pace(pace: int, *, paid: bool) -> None:
    if not 1 <= pace <= PAID_MOST:
        raise BotError(
            "A pace is from 1 to {free} messages a second, or to {paid} with --paid.", free=FREE_MOST, paid=PAID_MOST
        )
    if pace > FREE_MOST and not paid:
        raise BotError(
            "Telegram sends {free} messages a second for free: give a pace of at most {free}, or add --paid,"
            " so that the bot's Stars pay for what exceeds that.",
            free=FREE_MOST,
        )


def _unpaid(known: BotRecord, pace: int) -> BotError:
    return BotError(
        "Every message that @{bot} sends above {free} a second would cost it Stars, which its owner"
        " allows in @BotFather: confirm with `python -m engine bots pace @{bot} {pace} --paid --yes`.",
        bot=known.username,
        free=FREE_MOST,
        pace=pace,
    )


async def _check_identity(connection: Connection, bot: Identity, meant: str | None) -> None:
    if meant is not None and (known := await _named(connection, meant)).bot_id != bot.id:
        raise BotError(
            "The token is of @{found}, and @{meant} is another bot: its users and files differ."
            " Give the token of @{meant}, or leave --bot out.",
            found=bot.username,
            meant=known.username,
        )
    namesake = await bots.hold_named(connection, bot.username)
    if namesake and namesake.bot_id != bot.id:
        raise BotError(
            "@{bot} is registered as bot {known}, and this token is of bot {found}: that is"
            " another bot. Give bot {known} its token again, so that its new name is known.",
            bot=bot.username,
            known=namesake.bot_id,
            found=bot.id,
        )


def _is_as_asked(known: BotRecord, bot: Identity, token: Secret, vault: Vault) -> bool:
    """A token under an old key, or one that cannot be read, is not: it is encrypted again."""
    if known.status not in _KEPT or known.username != bot.username or vault.place_of(known.token) != 0:
        return False
    return vault.decrypt(known.token) == token.reveal()


async def served(connection: Connection, name: str) -> BotRecord:
    """The bot with that name, locked until the transaction ends. Raises NotFoundError."""
    known = await _named(connection, name)
    if known.status == "removed":
        raise lookup.no_bot(name)
    return known


async def _set_status(pool: Pool, name: str, status: str, action: str, change: Change) -> None:
    async with transaction(pool) as connection:
        known = await served(connection, name)
        if known.status == "suspended":
            raise BotError(
                "@{bot} is suspended, as Telegram refuses its token: give it a new token with `python -m engine bots"
                " add`.",
                bot=known.username,
            )
        if known.status != status:
            await bots.set_status(connection, known, status, action, change)


async def _remove(connection: Connection, known: BotRecord, change: Change) -> None:
    found = await campaigns.load_campaign(connection, known.bot_id)
    if found and found.state not in ("draft", "stopped"):
        await campaigns.set_state(connection, found, lifecycle.after(found.state, "stop"), found.activated_at, change)
    await bots.remove(connection, known, change)


async def _unconfirmed(connection: Connection, known: BotRecord) -> BotError:
    count = await chats.count_open(connection, known.bot_id)
    timed = await message_sweeps.count_timed(connection, known.bot_id)
    return BotError(
        "This would stop the campaign of @{bot}, end its {count} open {episodes}{kept} and forget its token: confirm"
        " with `python -m engine bots remove @{bot} --yes`.",
        bot=known.username,
        count=count,
        episodes="episode" if count == 1 else "episodes",
        kept=_kept(timed),
    )


def _kept(timed: int) -> str:
    if not timed:
        return ""
    messages = "message that was" if timed == 1 else "messages that were"
    return f", leave {timed} {messages} to be deleted later"


async def _named(connection: Connection, name: str) -> BotRecord:
    known = await bots.hold_named(connection, lookup.plain(name))
    if known is None:
        raise lookup.no_bot(name)
    return known
