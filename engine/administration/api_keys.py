"""Keys for a bot's HTTP API, as admins make, change and revoke them: shown once, stored as a hash, audited.

The random part is too long to guess, so a plain SHA-256 is enough, and looking a key up by its hash leaks nothing. A
bot's keys have names: to replace one without a gap, make a new one under another name, then revoke the old one.
"""

import secrets
from hashlib import sha256
from typing import Final

from engine.administration import bots
from engine.core import api_key
from engine.core.change import Change
from engine.core.errors import BotError, NotFoundError
from engine.settings import Secret
from storage.postgres import api_keys
from storage.postgres.api_keys import ApiKey, Rights
from storage.postgres.pool import Connection, Pool, transaction

DEFAULT_NAME: Final = "main"
MAX_NAME: Final = 64


def hash_of(key: str) -> bytes:
    return sha256(key.encode(errors="replace")).digest()


async def add(
    pool: Pool, bot: str, name: str, change: Change, scopes: str | None = None, expires: str | None = None
) -> Secret:
    """Make a key; it is never shown again. It may do everything and never ends, unless something else is said.

    Raises NotFoundError, BotError, UnreachableError.
    """
    if not (name.isprintable() and name == name.strip() and 0 < len(name) <= MAX_NAME):
        raise BotError(
            "A key cannot have this name: write 1 to {most} printable characters, with no blank before or behind them.",
            most=MAX_NAME,
        )
    rights = _rights(Rights(api_key.ALL, None), scopes, expires, change.at)
    key = Secret(api_key.compose("".join(secrets.choice(api_key.ALPHABET) for _ in range(api_key.RANDOM))))
    async with transaction(pool) as connection:
        known = await bots.served(connection, bot)
        if _live(await api_keys.of_bot(connection, known.bot_id), name):
            raise BotError(
                "@{bot} has a key named {name!r}: revoke it, or choose another --name.", bot=known.username, name=name
            )
        shown = key.reveal()
        await api_keys.add(connection, known.bot_id, name, hash_of(shown), api_key.hint(shown), rights, change)
    return key


async def listed(pool: Pool, bot: str) -> list[ApiKey]:
    """Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        known = await bots.served(connection, bot)
        return await api_keys.of_bot(connection, known.bot_id)


async def edit(pool: Pool, bot: str, name: str, change: Change, scopes: str | None, expires: str | None) -> Rights:
    """Change what a key may do, or when it ends; returns its rights now.

    Receivers heed it within a second. Raises NotFoundError, BotError, UnreachableError.
    """
    if scopes is None and expires is None:
        raise BotError("Nothing would change: give --scopes, --expires or both.")
    async with transaction(pool) as connection:
        bot_id, key = await _named(connection, bot, name)
        rights = _rights(key.rights, scopes, expires, change.at)
        if rights != key.rights:
            await api_keys.set_rights(connection, bot_id, key, rights, change)
    return rights


async def revoke(pool: Pool, bot: str, name: str, change: Change) -> None:
    """Receivers refuse it within a second. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        bot_id, key = await _named(connection, bot, name)
        await api_keys.revoke(connection, bot_id, key, change)


def _rights(before: Rights, scopes: str | None, expires: str | None, now_ms: int) -> Rights:
    """Raises BotError."""
    return Rights(
        before.scopes if scopes is None else api_key.read_scopes(scopes),
        before.expires_at_ms if expires is None else api_key.read_end(expires, now_ms),
    )


async def _named(connection: Connection, bot: str, name: str) -> tuple[int, ApiKey]:
    """The bot's number, and its key that is not revoked. Raises NotFoundError."""
    known = await bots.served(connection, bot)
    key = _live(await api_keys.of_bot(connection, known.bot_id), name)
    if key is None:
        raise NotFoundError(
            "@{bot} has no key named {name!r} that is valid: `python -m engine bots keys list @{bot}` shows its keys.",
            bot=known.username,
            name=name[:MAX_NAME],
        )
    return known.bot_id, key


def _live(keys: list[ApiKey], name: str) -> ApiKey | None:
    return next((key for key in keys if key.name == name and key.revoked_at_ms is None), None)
