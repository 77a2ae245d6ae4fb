"""Keys for a bot's HTTP API, as admins make and revoke them: shown once, stored as a hash, recorded in the audit log.

A key is 32 random bytes, which nobody can guess, so a plain SHA-256 is enough, and looking a key up by its hash leaks
nothing. A bot's keys have names: to replace one without a gap, make a new one under another name, then revoke the old
one.
"""

import secrets
from hashlib import sha256
from typing import Final

from engine.administration import bots
from engine.core.change import Change
from engine.core.errors import BotError, NotFoundError
from engine.settings import Secret
from storage.postgres import api_keys
from storage.postgres.api_keys import ApiKey
from storage.postgres.pool import Pool, transaction

PREFIX: Final = "rk_"
DEFAULT_NAME: Final = "main"
MAX_NAME: Final = 64
_RANDOM_BYTES: Final = 32


def hash_of(key: str) -> bytes:
    return sha256(key.encode(errors="replace")).digest()


async def add(pool: Pool, bot: str, name: str, change: Change) -> Secret:
    """Make a key; it is never shown again. Raises NotFoundError, BotError, UnreachableError."""
    if not (name.isprintable() and name.strip() and len(name) <= MAX_NAME):
        raise BotError("This is no name for a key: write 1 to {most} printable characters.", most=MAX_NAME)
    key = Secret(PREFIX + secrets.token_urlsafe(_RANDOM_BYTES))
    async with transaction(pool) as connection:
        known = await bots.served(connection, bot)
        if _live(await api_keys.of_bot(connection, known.bot_id), name):
            raise BotError(
                "@{bot} has a key named {name!r}: revoke it, or choose another --name.", bot=known.username, name=name
            )
        await api_keys.add(connection, known.bot_id, name, hash_of(key.reveal()), change)
    return key


async def listed(pool: Pool, bot: str) -> list[ApiKey]:
    """Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        known = await bots.served(connection, bot)
        return await api_keys.of_bot(connection, known.bot_id)


async def revoke(pool: Pool, bot: str, name: str, change: Change) -> None:
    """Receivers refuse it within a second. Raises NotFoundError, UnreachableError."""
    async with transaction(pool) as connection:
        known = await bots.served(connection, bot)
        key = _live(await api_keys.of_bot(connection, known.bot_id), name)
        if key is None:
            raise NotFoundError(
                "@{bot} has no key named {name!r} that is valid: `python -m engine bots keys list @{bot}` shows its"
                " keys.",
                bot=known.username,
                name=name[:MAX_NAME],
            )
        await api_keys.revoke(connection, known.bot_id, key, change)


def _live(keys: list[ApiKey], name: str) -> ApiKey | None:
    return next((key for key in keys if key.name == name and key.revoked_at_ms is None), None)
