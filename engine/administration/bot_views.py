"""What admins see of a bot, by whichever door: each look is one transaction, and writes nothing."""

from typing import Final, NamedTuple

import msgspec

from engine.administration.members import Admin
from engine.core.bot_status import Sign, sign
from engine.core.errors import NotFoundError
from storage.postgres import admins, campaigns, message_sweeps
from storage.postgres.incidents import READER_INCIDENTS, TOKEN_INCIDENTS, open_incidents
from storage.postgres.pool import Pool, transaction

_FEED_INCIDENTS: Final = frozenset((*TOKEN_INCIDENTS, *READER_INCIDENTS))
_MOST_INCIDENTS: Final = 5
"""The newest only: a screen has little room."""


class BotStatus(msgspec.Struct, frozen=True):
    """A bot as the home screen shows it."""

    bot_id: int
    username: str
    sign: Sign


class Incident(NamedTuple):
    kind: str
    detail: str


class Health(NamedTuple):
    """A bot as its own screen shows it; `status` is active, paused or suspended.

    `last_update_ms` is the last sign of life of any user, None if there was none. `incidents` are those that are open,
    but for those of the feed, which `feed_views` tells.
    """

    status: str
    pace: int
    last_update_ms: int | None
    incidents: tuple[Incident, ...]


async def bots_of(pool: Pool, admin: Admin) -> list[BotStatus]:
    """The bots on which the admin has any right, by name."""
    async with transaction(pool) as connection:
        everywhere = await campaigns.load_emergency_stop(connection)
        found = await admins.stands(connection, None if admin.owns_all else list(admin.roles))
    return [
        BotStatus(bot.bot_id, bot.username, sign(bot.status, bot.state, bot.incidents, stopped_everywhere=everywhere))
        for bot in found
    ]


async def name(pool: Pool, bot_id: int) -> str:
    """The username of a bot; "" for a removed one."""
    async with transaction(pool) as connection:
        return await admins.bot_name(connection, bot_id) or ""


async def timed(pool: Pool, bot_id: int) -> int:
    """How many sent messages of a bot are still to be deleted."""
    async with transaction(pool) as connection:
        return await message_sweeps.count_timed(connection, bot_id)


async def health(pool: Pool, bot_id: int) -> Health:
    """Raises NotFoundError for a removed bot, UnreachableError."""
    async with transaction(pool) as connection:
        bot = await admins.bot_health(connection, bot_id)
        incidents = await open_incidents(connection, bot_id)
    if bot is None:
        raise NotFoundError("This bot is no longer connected: add it again.")
    others = [Incident(*one) for one in incidents if one[0] not in _FEED_INCIDENTS]
    return Health(*bot, tuple(others[:_MOST_INCIDENTS]))
