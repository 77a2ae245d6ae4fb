"""Who may talk to the manager, and what they see: read, decide, write with audit, in one transaction.

Whoever stands in ADMIN_IDS owns every bot; others have the roles that owners gave them. Rights are read anew each time.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.campaign import Change
from engine.core.rights import Role
from engine.core.sign import Sign, sign
from storage import admins, bots, campaigns
from storage.admins import AdminRecord
from storage.postgres import Pool, transaction

Language: TypeAlias = Literal["pt", "en"]

_MOST_NAME: Final = 64
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


class Person(NamedTuple):
    """Who knocks, as Telegram says."""

    user_id: int
    name: str
    language_code: str | None


class Stand(msgspec.Struct, frozen=True):
    """A bot as the home screen shows it."""

    bot_id: int
    username: str
    sign: Sign


class Incident(NamedTuple):
    kind: str
    detail: str


class Health(NamedTuple):
    """A bot as its own screen shows it; `status` is active, paused or suspended."""

    username: str
    status: str
    pace: int
    incidents: tuple[Incident, ...]


async def enter(pool: Pool, owners: frozenset[int], person: Person, now_ms: int) -> Admin | None:
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


async def bots_of(pool: Pool, admin: Admin) -> list[Stand]:
    """The bots on which the admin has any right, by name."""
    async with transaction(pool) as connection:
        everywhere = await campaigns.load_emergency_stop(connection)
        found = await admins.stands(connection, None if admin.owns_all else list(admin.roles))
    return [
        Stand(bot.bot_id, bot.username, sign(bot.status, bot.state, bot.incidents, stopped_everywhere=everywhere))
        for bot in found
    ]


async def health(pool: Pool, bot_id: int) -> Health | None:
    """None for a bot that is removed."""
    async with transaction(pool) as connection:
        bot = await bots.hold(connection, bot_id)
        if bot is None or bot.status == "removed":
            return None
        incidents = await bots.open_incidents(connection, bot_id, _MOST_INCIDENTS)
    return Health(bot.username, bot.status, bot.pace, tuple(Incident(*one) for one in incidents))


def language_of(language_code: str | None) -> Language:
    """What a person's Telegram speaks; Portuguese if it says nothing of it."""
    return "pt" if language_code is None or language_code.lower().startswith("pt") else "en"


def _change(admin_id: int, now_ms: int) -> Change:
    return Change(f"admin:{admin_id}", now_ms)
