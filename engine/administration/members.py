"""Who may talk to the manager, and in which role: read, decide, write with audit, in one transaction.

People in ADMIN_IDS own every bot; others have the roles that owners gave them. Rights are read again each time.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from engine.core.change import Change
from engine.core.content.invisible import is_blank, stripped
from engine.core.roles import Role
from storage.postgres import admins, audit, bots
from storage.postgres.admins import AdminRecord
from storage.postgres.pool import Connection, Pool, transaction

Language: TypeAlias = Literal["pt", "en"]

_MOST_NAME: Final = 64


class Admin(msgspec.Struct, frozen=True):
    """`owns_all`: is listed in ADMIN_IDS."""

    admin_id: int
    name: str
    language: Language
    owns_all: bool
    roles: Mapping[int, Role]

    def role(self, bot_id: int) -> Role | None:
        return "owner" if self.owns_all else self.roles.get(bot_id)


class Visitor(NamedTuple):
    """A person who writes to the manager, as Telegram describes them."""

    user_id: int
    name: str
    language_code: str | None


class Member(NamedTuple):
    """A person with a role on a bot."""

    admin_id: int
    name: str
    role: Role


async def enter(pool: Pool, owners: frozenset[int], person: Visitor, now_ms: int) -> Admin | None:
    """The admin with this id; None for a stranger, about whom nothing is stored."""
    async with transaction(pool) as connection:
        known = await admins.find(connection, person.user_id)
        roles = await admins.roles(connection, person.user_id)
        owns_all = person.user_id in owners
        if not (owns_all or roles):
            return None
        language = known.language if known else language_of(person.language_code)
        record = AdminRecord(person.user_id, shown_name(person.name, person.user_id), language)
        if known is None or known.name != record.name:
            await admins.keep(connection, record, _change(person.user_id, now_ms))
    return msgspec.convert({**record._asdict(), "owns_all": owns_all, "roles": roles}, Admin)


async def everybody(pool: Pool) -> frozenset[int]:
    """The ids of all people with a role on a bot."""
    async with transaction(pool) as connection:
        return frozenset(await admins.everybody(connection))


async def speak(pool: Pool, admin: Admin, language: Language, now_ms: int) -> None:
    """Speak this language with the admin from now on."""
    async with transaction(pool) as connection:
        known = await admins.find(connection, admin.admin_id)
        if known and known.language != language:
            await admins.set_language(connection, known, language, _change(admin.admin_id, now_ms))


async def called(pool: Pool, actor: str) -> str:
    """The name of whoever changed something; "" if nobody knows."""
    kind, _, number = actor.partition(":")
    if kind != "admin" or not number.isdigit():
        return kind.upper() if kind == "cli" else ""
    async with transaction(pool) as connection:
        known = await admins.find(connection, int(number))
    return shown_name(known.name, known.admin_id) if known else ""


async def last_change(pool: Pool, bot_id: int) -> tuple[str, int]:
    """Who last changed something about a bot, and when in ms."""
    async with transaction(pool) as connection:
        return await audit.last(connection, bot_id, "")


async def team(pool: Pool, bot_id: int) -> list[Member]:
    """The people with a role on a bot, by name."""
    async with transaction(pool) as connection:
        found = await admins.team(connection, bot_id)
    return [Member(admin_id, shown_name(name, admin_id), role) for admin_id, name, role in found]


async def give(connection: Connection, bot_id: int, person: Visitor, role: Role, invited_by: int, now_ms: int) -> None:
    """Give a person the role of their invitation; it replaces a role that they have."""
    change = _change(person.user_id, now_ms)
    language = language_of(person.language_code)
    await admins.keep(
        connection, AdminRecord(person.user_id, shown_name(person.name, person.user_id), language), change
    )
    await admins.set_role(connection, bot_id, person.user_id, role, change, invited_by)


async def appoint(pool: Pool, bot_id: int, admin_id: int, role: Role | None, change: Change) -> None:
    """Give a person another role on a bot; None takes it away."""
    async with transaction(pool) as connection:
        await bots.hold(connection, bot_id)
        await admins.set_role(connection, bot_id, admin_id, role, change)


def shown_name(name: str, person_id: int) -> str:
    """A name as others see it, without what is invisible or turns a line round; the id if nothing is left of it."""
    seen = stripped(stripped(name)[:_MOST_NAME])
    return str(person_id) if is_blank(seen) else seen


def language_of(language_code: str | None) -> Language:
    """The language of a person's Telegram; Portuguese if it is unknown."""
    return "pt" if language_code is None or language_code.lower().startswith("pt") else "en"


def _change(admin_id: int, now_ms: int) -> Change:
    return Change(f"admin:{admin_id}", now_ms)
