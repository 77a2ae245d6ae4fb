"""Campaigns in PostgreSQL: the draft, the published versions, the state, the emergency stop.

Every write is in one transaction with its line of the audit log. A caller that reads, decides and writes locks the bot
first (`lock_bot`), so that two admins act one after the other. A draft is replaced whole: its keys are its identity.
Documents pass as text, so that nothing depends on how a connection decodes JSON.
"""

from collections.abc import Iterable
from typing import Final

import asyncpg
import msgspec

from engine.core.campaign.document import decode, decode_block, encode, encode_block
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.lifecycle import State
from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.change import Change
from engine.core.schedule import step_schedule
from engine.core.schedule.sending_hours import Window
from storage.postgres import audit, incidents
from storage.postgres.pool import Connection

EMERGENCY_STOP: Final = "emergency_stop"


class Campaign(msgspec.Struct, frozen=True):
    """The state of a bot's campaign. Times are in milliseconds."""

    bot_id: int
    state: State
    draft_revision: int
    published_version: int | None
    activated_at: int | None
    paused_at: int | None
    """Since when, if it is paused."""
    paused_from: State | None = None
    """Its state before the pause."""


async def lock_bot(connection: Connection, username: str) -> int | None:
    """Find a bot by its username, and lock it against other admins until the transaction ends."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM bots WHERE lower(username) = lower($1) AND status <> 'removed' FOR NO KEY UPDATE",
        username,
    )
    return found


async def find_bot(connection: Connection, username: str) -> int | None:
    """Find a bot by its username, only to look: without a lock."""
    found: int | None = await connection.fetchval(
        "SELECT id FROM bots WHERE lower(username) = lower($1) AND status <> 'removed'", username
    )
    return found


async def load_zone(connection: Connection, bot_id: int) -> str | None:
    zone: str | None = await connection.fetchval("SELECT zone FROM recovery_campaigns WHERE bot_id = $1", bot_id)
    return zone


async def load_campaign(connection: Connection, bot_id: int) -> Campaign | None:
    row = await connection.fetchrow(
        "SELECT bot_id, state, draft_revision, published_version, activated_at, paused_at, paused_from"
        " FROM recovery_campaigns WHERE bot_id = $1",
        bot_id,
    )
    return None if row is None else msgspec.convert(dict(row), Campaign)


async def load_draft(connection: Connection, bot_id: int) -> Snapshot | None:
    head = await connection.fetchrow(
        'SELECT zone, threshold_ms, skip_paid, lateness_ms, "window"::text, limits::text'
        " FROM recovery_campaigns WHERE bot_id = $1",
        bot_id,
    )
    if head is None:
        return None
    blocks = await connection.fetch(
        "SELECT step_key, document::text FROM recovery_blocks WHERE bot_id = $1 ORDER BY step_key, position",
        bot_id,
    )
    steps = await connection.fetch(
        "SELECT key, schedule, active FROM recovery_steps WHERE bot_id = $1 ORDER BY position", bot_id
    )
    hours, limits = head["window"], head["limits"]
    settings = {
        **head,
        "window": msgspec.json.decode(hours, type=Window) if hours else None,
        "limits": msgspec.json.decode(limits, type=Limits),
    }
    return Snapshot(**settings, steps=tuple(_step(step, blocks) for step in steps))


async def save_draft(
    connection: Connection, bot_id: int, draft: Snapshot, change: Change, action: str = "campaign.draft"
) -> int:
    """Replace a bot's draft; returns the new revision. `action` names the change in the audit log."""
    async with connection.transaction():
        before = await load_draft(connection, bot_id)
        revision: int = await connection.fetchval(
            'INSERT INTO recovery_campaigns (bot_id, zone, threshold_ms, skip_paid, lateness_ms, "window", limits)'
            " VALUES ($1, $2, $3, $4, $5, $6::text::jsonb, $7::text::jsonb) ON CONFLICT (bot_id) DO UPDATE"
            ' SET (zone, threshold_ms, skip_paid, lateness_ms, "window", limits, draft_revision) = (excluded.zone,'
            ' excluded.threshold_ms, excluded.skip_paid, excluded.lateness_ms, excluded."window", excluded.limits,'
            " recovery_campaigns.draft_revision + 1)"
            " RETURNING draft_revision",
            *(bot_id, draft.zone, draft.threshold_ms, draft.skip_paid, draft.lateness_ms),
            msgspec.json.encode(draft.window).decode() if draft.window else None,
            msgspec.json.encode(draft.limits).decode(),
        )
        await _replace_steps(connection, bot_id, draft.steps)
        documents = (encode(before) if before else None, encode(draft))
        await audit.record(connection, change, bot_id, action, *documents)
    return revision


async def publish(connection: Connection, bot_id: int, snapshot: Snapshot, change: Change) -> int:
    """Store an immutable version and make it the one that the engine reads; returns its number."""
    async with connection.transaction():
        version: int = await connection.fetchval(
            "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
            " SELECT $1, coalesce(max(version), 0) + 1, $2, $3::text::jsonb, $4"
            " FROM recovery_versions WHERE bot_id = $1 RETURNING version",
            *(bot_id, snapshot.layout, encode(snapshot), change.at),
        )
        before: int | None = await connection.fetchval(
            "UPDATE recovery_campaigns new SET published_version = $2 FROM recovery_campaigns old"
            " WHERE new.bot_id = $1 AND old.bot_id = $1 RETURNING old.published_version",
            *(bot_id, version),
        )
        states = (audit.state(version=before), audit.state(version=version))
        await incidents.close_incidents(connection, bot_id, incidents.BLOCK_INCIDENTS, change.at)
        await audit.record(connection, change, bot_id, "campaign.publish", *states)
    return version


async def load_version(connection: Connection, bot_id: int, version: int) -> Snapshot | None:
    document: str | None = await connection.fetchval(
        "SELECT document::text FROM recovery_versions WHERE bot_id = $1 AND version = $2", bot_id, version
    )
    return None if document is None else decode(document)


async def list_versions(connection: Connection, bot_id: int) -> list[tuple[int, int]]:
    """The number of each version and when it was published, the newest first."""
    rows = await connection.fetch(
        "SELECT version, published_at FROM recovery_versions WHERE bot_id = $1 ORDER BY version DESC", bot_id
    )
    return [(row["version"], row["published_at"]) for row in rows]


async def load_published(connection: Connection, bot_id: int) -> tuple[int, Snapshot] | None:
    """Load the version that new steps use, with its number."""
    row = await connection.fetchrow(
        "SELECT version, document::text FROM recovery_campaigns JOIN recovery_versions"
        " ON (recovery_versions.bot_id, version) = (recovery_campaigns.bot_id, published_version)"
        " WHERE recovery_campaigns.bot_id = $1",
        bot_id,
    )
    return None if row is None else (row["version"], decode(row["document"]))


async def set_state(
    connection: Connection, before: Campaign, state: State, activated_at: int | None, change: Change
) -> None:
    paused = (change.at, before.state) if state == "paused" else (None, None)
    async with connection.transaction():
        await connection.execute(
            "UPDATE recovery_campaigns SET state = $2, activated_at = $3, paused_at = $4, paused_from = $5"
            " WHERE bot_id = $1",
            *(before.bot_id, state, activated_at, *paused),
        )
        states = (audit.state(state=before.state), audit.state(state=state))
        await audit.record(connection, change, before.bot_id, f"campaign.{state}", *states)


async def set_activated_at(connection: Connection, bot_id: int, before: int, activated_at: int, change: Change) -> None:
    """Let silences that are older than the activation count."""
    async with connection.transaction():
        await connection.execute(
            "UPDATE recovery_campaigns SET activated_at = $2 WHERE bot_id = $1", bot_id, activated_at
        )
        states = (audit.state(activated_at=before), audit.state(activated_at=activated_at))
        await audit.record(connection, change, bot_id, "campaign.include", *states)


async def load_emergency_stop(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT engaged FROM switches WHERE name = $1", EMERGENCY_STOP))


async def set_emergency_stop(connection: Connection, change: Change, *, engaged: bool) -> None:
    async with connection.transaction():
        before = await load_emergency_stop(connection)
        await connection.execute(
            "INSERT INTO switches (name, engaged, changed_at) VALUES ($1, $2, $3) ON CONFLICT (name)"
            " DO UPDATE SET (engaged, changed_at) = (excluded.engaged, excluded.changed_at)",
            *(EMERGENCY_STOP, engaged, change.at),
        )
        states = (audit.state(engaged=before), audit.state(engaged=engaged))
        await audit.record(connection, change, None, EMERGENCY_STOP, *states)


def _step(row: asyncpg.Record, blocks: Iterable[asyncpg.Record]) -> Step:
    return Step(
        key=row["key"],
        schedule=step_schedule.parse(row["schedule"]),
        blocks=tuple(decode_block(block["document"]) for block in blocks if block["step_key"] == row["key"]),
        active=row["active"],
    )


async def _replace_steps(connection: Connection, bot_id: int, steps: tuple[Step, ...]) -> None:
    await connection.execute("DELETE FROM recovery_steps WHERE bot_id = $1", bot_id)
    await connection.executemany(
        "INSERT INTO recovery_steps (bot_id, key, position, schedule, active) VALUES ($1, $2, $3, $4, $5)",
        [
            (bot_id, step.key, position, step_schedule.write(step.schedule), step.active)
            for position, step in enumerate(steps)
        ],
    )
    await connection.executemany(
        "INSERT INTO recovery_blocks (bot_id, step_key, key, position, document)"
        " VALUES ($1, $2, $3, $4, $5::text::jsonb)",
        [
            (bot_id, step.key, block.key, position, encode_block(block))
            for step in steps
            for position, block in enumerate(step.blocks)
        ],
    )
