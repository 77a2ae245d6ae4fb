"""The people who may talk to the manager, and their roles. Each change is committed with its line of the audit log."""

from typing import NamedTuple

from engine.core.campaign.lifecycle import State
from engine.core.change import Change
from engine.core.roles import Role
from storage.postgres import audit
from storage.postgres.pool import Connection


class AdminRecord(NamedTuple):
    admin_id: int
    name: str
    language: str


class BotStand(NamedTuple):
    """A bot, its campaign and its open incidents; `state` is None without a campaign."""

    bot_id: int
    username: str
    status: str
    state: State | None
    incidents: int


async def find(connection: Connection, admin_id: int) -> AdminRecord | None:
    row = await connection.fetchrow("SELECT id, name, language FROM admins WHERE id = $1", admin_id)
    return AdminRecord(*row) if row else None


async def keep(connection: Connection, admin: AdminRecord, change: Change) -> None:
    """Note who a person is; a known person keeps their language."""
    await connection.execute(
        "INSERT INTO admins (id, name, language, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        *(*admin, change.at),
    )


async def set_language(connection: Connection, before: AdminRecord, language: str, change: Change) -> None:
    await connection.execute("UPDATE admins SET language = $2 WHERE id = $1", before.admin_id, language)
    states = (audit.state(language=before.language), audit.state(language=language))
    await audit.record(connection, change, None, "admin.language", *states)


async def roles(connection: Connection, admin_id: int) -> dict[int, Role]:
    """By bot, without removed bots."""
    rows = await connection.fetch(
        "SELECT bot_id, role FROM bot_admins JOIN bots ON bots.id = bot_id"
        " WHERE admin_id = $1 AND bots.status <> 'removed'",
        admin_id,
    )
    return {row["bot_id"]: row["role"] for row in rows}


async def everybody(connection: Connection) -> list[int]:
    """The ids of all people with a role on a bot that is not removed."""
    rows = await connection.fetch(
        "SELECT DISTINCT admin_id FROM bot_admins JOIN bots ON bots.id = bot_id WHERE bots.status <> 'removed'"
    )
    return [row["admin_id"] for row in rows]


async def stands(connection: Connection, bot_ids: list[int] | None) -> list[BotStand]:
    """How these bots stand, by name; all bots for None."""
    rows = await connection.fetch(
        "SELECT b.id, b.username, b.status, c.state,"
        " (SELECT count(*) FROM incidents i WHERE coalesce(i.bot_id, 0) = b.id AND i.closed_at IS NULL)"
        " FROM bots b LEFT JOIN recovery_campaigns c ON c.bot_id = b.id"
        " WHERE b.status <> 'removed' AND ($1::bigint[] IS NULL OR b.id = ANY($1)) ORDER BY lower(b.username)",
        bot_ids,
    )
    return [BotStand(*row) for row in rows]


async def bot_name(connection: Connection, bot_id: int) -> str | None:
    """None for a bot that is removed."""
    found: str | None = await connection.fetchval(
        "SELECT username FROM bots WHERE id = $1 AND status <> 'removed'", bot_id
    )
    return found


async def bot_health(connection: Connection, bot_id: int) -> tuple[str, int, int | None] | None:
    """Status, pace and the last sign of life in any chat, in ms; None for a bot that is removed."""
    row = await connection.fetchrow(
        "SELECT status, pace, (SELECT max(last_active) FROM chats WHERE bot_id = $1)"
        " FROM bots WHERE id = $1 AND status <> 'removed'",
        bot_id,
    )
    return (row[0], row[1], row[2]) if row else None


async def team(connection: Connection, bot_id: int) -> list[tuple[int, str, Role]]:
    """Id, name and role of everybody who has a role on a bot, by name."""
    rows = await connection.fetch(
        "SELECT admin_id, name, role FROM bot_admins JOIN admins ON admins.id = admin_id"
        " WHERE bot_id = $1 ORDER BY lower(name), admin_id",
        bot_id,
    )
    return [(row["admin_id"], row["name"], row["role"]) for row in rows]


async def set_role(
    connection: Connection,
    bot_id: int,
    admin_id: int,
    role: Role | None,
    change: Change,
    invited_by: int | None = None,
) -> None:
    """Give a person a role on a bot in place of the one they had; None takes it away. The caller has locked the bot."""
    before: Role | None = await connection.fetchval(
        "SELECT role FROM bot_admins WHERE (bot_id, admin_id) = ($1, $2)", bot_id, admin_id
    )
    if before == role:
        return
    await connection.execute("DELETE FROM bot_admins WHERE (bot_id, admin_id) = ($1, $2)", bot_id, admin_id)
    if role is not None:
        await connection.execute("INSERT INTO bot_admins VALUES ($1, $2, $3)", bot_id, admin_id, role)
    invited = {} if invited_by is None else {"invited_by": invited_by}
    states = (audit.state(admin=admin_id, role=before), audit.state(admin=admin_id, role=role, **invited))
    await audit.record(connection, change, bot_id, "bot.role", *states)
