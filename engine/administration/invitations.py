"""Invitations: an owner makes a code, and the first person who brings it within a day gets its role.

The owner's right is checked again when the code is used: an owner who lost it invites nobody any more. Redis knows no
code, only its digest. A code is signed, so that a guess is told from a genuine one without a query; a code whose key
has gone is still valid.
"""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from engine.administration import members
from engine.administration.members import Visitor
from engine.core.errors import BotError
from engine.core.roles import Role, suffices
from engine.security.signed_tokens import Codec
from storage.postgres import admins as people
from storage.postgres import bots
from storage.postgres.bots import BotRecord
from storage.postgres.pool import Connection, Pool, transaction
from storage.redis import ephemeral, keys
from storage.redis.client import Redis

LIFETIME_S: Final = 24 * 3600
_BYTES: Final = 16
_SIGNATURE_BYTES: Final = 8
_CONTEXT: Final = b"invitation"
_LONGEST: Final = 64


class _Invitation(msgspec.Struct, frozen=True):
    bot_id: int
    role: Role
    owner_id: int


async def invite(redis: Redis, signing: Sequence[bytes], bot_id: int, role: Role, owner_id: int) -> str:
    """Make a code for a role on a bot; 32 characters that a link can carry. Raises UnreachableError."""
    word = _codec(signing).sign(secrets.token_bytes(_BYTES))
    invitation = _Invitation(bot_id, role, owner_id)
    await ephemeral.put(redis, keys.of_invitation(word), msgspec.json.encode(invitation).decode(), LIFETIME_S)
    return word


async def accept(pool: Pool, redis: Redis, owners: frozenset[int], person: Visitor, word: str, now_ms: int) -> str:
    """Give the person the role, and return the bot. Raises BotError for an invalid or used code.

    Nobody loses a right by it: for a person who already has the role or a higher one, the code stays valid for somebody
    else.
    """
    if len(word) > _LONGEST:
        raise _used_up()
    key = keys.of_invitation(word)
    document = await ephemeral.find(redis, key)
    found = msgspec.json.decode(document, type=_Invitation) if document else None
    async with transaction(pool) as connection:
        bot = await bots.hold(connection, found.bot_id) if found else None
        owner = await people.roles(connection, found.owner_id) if found else {}
        invited = found and (found.owner_id in owners or owner.get(found.bot_id) == "owner")
        if not (found and bot and invited) or bot.status == "removed":
            raise _used_up()
        await _check_gains(connection, found, bot, owners, person)
        await members.give(connection, found.bot_id, person, found.role, found.owner_id, now_ms)
        if await ephemeral.take(redis, key) is None:
            raise _used_up()
    return bot.username


async def _check_gains(
    connection: Connection, found: _Invitation, bot: BotRecord, owners: frozenset[int], person: Visitor
) -> None:
    roles = await people.roles(connection, person.user_id)
    if person.user_id in owners or suffices(roles.get(found.bot_id), found.role):
        raise BotError(
            "You already manage @{bot}, with everything this invitation allows. Send the link to someone else:"
            " it still works.",
            bot=bot.username,
        )


def is_genuine(signing: Sequence[bytes], word: str) -> bool:
    """Whether one of these keys has signed it: no guess is."""
    return len(word) <= _LONGEST and _codec(signing).verify(word) is not None


def _codec(signing: Sequence[bytes]) -> Codec:
    return Codec(signing, _SIGNATURE_BYTES, _CONTEXT)


def _used_up() -> BotError:
    return BotError("This invitation has been used or has expired: ask for a new one.")
