"""The people who may talk to the manager, and their roles. Each change stands with its line of the audit log."""

from typing import NamedTuple

from engine.core.campaign import Change, State
from engine.core.rights import Role
from storage import audit
from storage.postgres import Connection


class AdminRecord(NamedTuple):
    admin_id: int
    name: str
    language: str


class BotStand(NamedTuple):
    """A bot with what tells how it stands; `state` is None without a campaign."""

    bot_id: int
    username: str
    status: str
    state: State | None
    incidents: int


async def find(connection: Connection, admin_id: int) -> AdminRecord | None:
    row = await connection.fetchrow("SELECT id, name, language FROM admins WHERE id = $1", admin_id)
    return AdminRecord(*row) if row else None


async def keep(connection: Connection, admin: AdminRecord, change: Change) -> None:
    """Note who somebody is; whom we know already keeps the language."""
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
    """By bot; removed bots are none."""
    rows = await connection.fetch(
        "SELECT bot_id, role FROM bot_admins JOIN bots ON bots.id = bot_id"
        " WHERE admin_id = $1 AND bots.status <> 'removed'",
        admin_id,
    )
    return {row["bot_id"]: row["role"] for row in rows}


async def stands(connection: Connection, bot_ids: list[int] | None) -> list[BotStand]:
    """How these bots stand, or all of them, by name."""
    rows = await connection.fetch(
        "SELECT b.id, b.username, b.status, c.state,"
        " (SELECT count(*) FROM incidents i WHERE coalesce(i.bot_id, 0) = b.id AND i.closed_at IS NULL)"
        " FROM bots b LEFT JOIN recovery_campaigns c ON c.bot_id = b.id"
        " WHERE b.status <> 'removed' AND ($1::bigint[] IS NULL OR b.id = ANY($1)) ORDER BY lower(b.username)",
        bot_ids,
    )
    return [BotStand(*row) for row in rows]
