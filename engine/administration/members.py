"""Who may talk to the manager, and what they see: read, decide, write with audit, in one transaction.

Whoever stands in ADMIN_IDS owns every bot; others have the roles that owners gave them. Rights are read anew each time.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.bot_status import Sign, sign
from engine.core.change import Change
from engine.core.errors import NotFoundError
from engine.core.roles import Role
from storage.postgres import admins, audit, bots, campaigns
from storage.postgres.admins import AdminRecord
from storage.postgres.incidents import open_incidents
from storage.postgres.pool import Connection, Pool, transaction
from storage.redis import bot_state, server_clock
from storage.redis.client import Redis

Language: TypeAlias = Literal["pt", "en"]

_MOST_NAME: Final = 64
_STALE_MS: Final = 60_000
"""A feed without news for so long is worth a word: a poll waits half a minute at most."""
_MOST_INCIDENTS: Final = 5
"""The newest; a screen is no list."""


class Admin(msgspec.Struct, frozen=True):
    """`owns_all`: stands in ADMIN_IDS."""

    admin_id: int
    name: str
    language: Language
    owns_all: bool
    roles: Mapping[int, Role]

    def role(self, bot_id: int) -> Role | None:
        return "owner" if self.owns_all else self.roles.get(bot_id)


class Visitor(NamedTuple):
    """Who knocks, as Telegram says."""

    user_id: int
    name: str
    language_code: str | None


class BotStatus(msgspec.Struct, frozen=True):
    """A bot as the home screen shows it."""

    bot_id: int
    username: str
    sign: Sign


class Member(NamedTuple):
    """Who has a role on a bot."""

    admin_id: int
    name: str
    role: Role


class Incident(NamedTuple):
    kind: str
    detail: str


class Health(NamedTuple):
    """A bot as its own screen shows it; `status` is active, paused or suspended.

    `last_update_ms` is the last sign of life of anybody, None if there was none; `fed_until_ms` says up to when its
    updates were surely taken in.
    """

    status: str
    pace: int
    last_update_ms: int | None
    incidents: tuple[Incident, ...]
    now_ms: int
    fed_until_ms: int | None

    @property
    def feed_is_stale(self) -> bool:
        return self.fed_until_ms is not None and self.now_ms - self.fed_until_ms > _STALE_MS


async def enter(pool: Pool, owners: frozenset[int], person: Visitor, now_ms: int) -> Admin | None:
    """Who this is; None for a stranger, of whom nothing is kept."""
    async with transaction(pool) as connection:
        known = await admins.find(connection, person.user_id)
        roles = await admins.roles(connection, person.user_id)
        owns_all = person.user_id in owners
        if not (owns_all or roles):
            return None
        language = known.language if known else language_of(person.language_code)
        record = AdminRecord(person.user_id, person.name[:_MOST_NAME], language)
        if known is None or known.name != record.name:
            await admins.keep(connection, record, _change(person.user_id, now_ms))
    return msgspec.convert({**record._asdict(), "owns_all": owns_all, "roles": roles}, Admin)


async def speak(pool: Pool, admin: Admin, language: Language, now_ms: int) -> None:
    """From now on the manager speaks this language with the admin."""
    async with transaction(pool) as connection:
        known = await admins.find(connection, admin.admin_id)
        if known and known.language != language:
            await admins.set_language(connection, known, language, _change(admin.admin_id, now_ms))


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
    """What a bot is called; "" for one that is removed."""
    async with transaction(pool) as connection:
        return await admins.bot_name(connection, bot_id) or ""


async def called(pool: Pool, actor: str) -> str:
    """What whoever changed something is called; "" where nobody knows."""
    kind, _, number = actor.partition(":")
    if kind != "admin" or not number.isdigit():
        return kind.upper() if kind == "cli" else ""
    async with transaction(pool) as connection:
        known = await admins.find(connection, int(number))
    return known.name if known else ""


async def last_change(pool: Pool, bot_id: int) -> tuple[str, int]:
    """Who changed something about a bot last, and when in ms."""
    async with transaction(pool) as connection:
        return await audit.last(connection, bot_id, "")


async def health(pool: Pool, redis: Redis, bot_id: int) -> Health:
    """Raises NotFoundError for a bot that is removed, UnreachableError."""
    now_ms = await server_clock.server_now_ms(redis)
    fed_until_ms = await bot_state.watermark(redis, bot_id)
    async with transaction(pool) as connection:
        bot = await admins.bot_health(connection, bot_id)
        incidents = await open_incidents(connection, bot_id, _MOST_INCIDENTS)
    if bot is None:
        raise NotFoundError("This bot is no longer connected: add it again.")
    return Health(*bot, tuple(Incident(*one) for one in incidents), now_ms, fed_until_ms)


async def team(pool: Pool, bot_id: int) -> list[Member]:
    """Who has a role on a bot, by name."""
    async with transaction(pool) as connection:
        return [Member(*row) for row in await admins.team(connection, bot_id)]


async def give(connection: Connection, bot_id: int, person: Visitor, role: Role, invited_by: int, now_ms: int) -> None:
    """Let somebody in, in whichever role they are invited to; who has one already gets the new one."""
    change = _change(person.user_id, now_ms)
    language = language_of(person.language_code)
    await admins.keep(connection, AdminRecord(person.user_id, person.name[:_MOST_NAME], language), change)
    await admins.set_role(connection, bot_id, person.user_id, role, change, invited_by)


async def appoint(pool: Pool, bot_id: int, admin_id: int, role: Role | None, change: Change) -> None:
    """Give somebody another role on a bot; None takes it away."""
    async with transaction(pool) as connection:
        await bots.hold(connection, bot_id)
        await admins.set_role(connection, bot_id, admin_id, role, change)


def language_of(language_code: str | None) -> Language:
    """What a person's Telegram speaks; Portuguese if it says nothing of it."""
    return "pt" if language_code is None or language_code.lower().startswith("pt") else "en"


def _change(admin_id: int, now_ms: int) -> Change:
    return Change(f"admin:{admin_id}", now_ms)
