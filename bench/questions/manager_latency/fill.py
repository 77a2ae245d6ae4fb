"""The data of an owner who has just begun, and of a busy one: many bots, a long campaign, people in it, a history."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from bench.sandbox.protocol import BotInfo
from engine.administration import bots as registry
from engine.administration import campaigns
from engine.administration.bots import Identity
from engine.administration.context import Desk
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import StartButton, Text
from engine.core.schedule.step_schedule import After
from engine.settings import Secret
from storage.postgres.pool import transaction

STEPS: Final = 50
BLOCKS: Final = 4
VERSIONS: Final = 20
TEAM: Final = 20
STEP, BLOCK = "s1", "b1-1"
FIRST_MEMBER: Final = 7
_WAITING_MOST: Final = 10_000
_HOUR_MS: Final = 3_600_000

_CHATS: Final = """
INSERT INTO chats (bot_id, chat_id, first_name, last_active)
SELECT $1::bigint, n, 'Ana', $2::bigint - n FROM generate_series($3::int, $4::int) n
"""
_EPISODES: Final = """
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)
SELECT $1::bigint, n, $2::bigint - n, 1, $2::bigint, CASE WHEN n > $5::int THEN $2::bigint END,
    CASE WHEN n > $5::int THEN 'completed' END
FROM generate_series($3::int, $4::int) n
"""
_WAITING: Final = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, anchor_at)
SELECT $1::bigint, n, $2::bigint - n, 's2', 'b2-1', 4, 'scheduled', 1, 0, $2::bigint + n * 1000, $2::bigint
FROM generate_series($3::int, least($4::int, $5::int)) n
"""
_SENT: Final = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, sent_at)
SELECT $1::bigint, n, $2::bigint - n, 's1', 'b1-' || b, b - 1, 'sent', 1, 1, $2::bigint, $2::bigint
FROM generate_series($3::int, $4::int) n CROSS JOIN generate_series(1, 4) b
"""
_TEAM: Final = """
WITH newcomers AS (INSERT INTO admins SELECT n, 'Bruno', 'pt', 0 FROM generate_series($2::int, $3::int) n RETURNING id)
INSERT INTO bot_admins SELECT $1::bigint, n, 'editor' FROM generate_series($2::int, $3::int) n
"""
_AUDIT: Final = """
INSERT INTO audit_log (at, actor, bot_id, action)
SELECT $2::bigint, 'admin:1', $1::bigint, 'campaign.draft' FROM generate_series($3::int, $4::int)
"""


def campaign(steps: int, blocks: int) -> Snapshot:
    buttons = ((StartButton("Falar", "ajuda"),),)
    return Snapshot(
        "America/Sao_Paulo",
        tuple(
            Step(
                f"s{step}",
                After(_HOUR_MS),
                tuple(Block(f"b{step}-{block}", Text("Oi! " * 50, buttons=buttons)) for block in range(1, blocks + 1)),
            )
            for step in range(1, steps + 1)
        ),
    )


async def begin(desk: Desk, bot: BotInfo, change: Change) -> None:
    """One of everything, but two steps, so that the hour of the second one can differ from the published one."""
    draft = campaign(2, 1)
    await _connect(desk, bot, draft, change)
    await _leave_changed(desk, bot, draft, change)
    await _grow(desk, bot, range(1, 2), change.at)
    await desk.pool.execute(_TEAM, bot.id, FIRST_MEMBER, FIRST_MEMBER)


async def enlarge(desk: Desk, bots: Sequence[BotInfo], deliveries: int, change: Change) -> None:
    """The first bot, which has a little data already, gets all the rest; the others get campaigns."""
    first, *others = bots
    draft, least = campaign(STEPS, BLOCKS), desk.settings.min_threshold_ms
    for bot in others:
        await _connect(desk, bot, draft, change)
    for _ in range(1, VERSIONS):
        await campaigns.import_draft(desk.pool, first.username, draft, least, change)
        await campaigns.publish(desk.pool, first.username, least, change)
    await _leave_changed(desk, first, draft, change)
    await _grow(desk, first, range(2, deliveries // BLOCKS + 1), change.at)
    await desk.pool.execute(_TEAM, first.id, FIRST_MEMBER + 1, FIRST_MEMBER + TEAM - 1)


async def _connect(desk: Desk, bot: BotInfo, draft: Snapshot, change: Change) -> None:
    least = desk.settings.min_threshold_ms
    await registry.add(desk.pool, desk.vault, Identity(bot.id, bot.username), Secret(bot.token), None, change)
    await campaigns.import_draft(desk.pool, bot.username, draft, least, change)
    await campaigns.publish(desk.pool, bot.username, least, change)
    await campaigns.activate(desk.pool, bot.username, change)


async def _leave_changed(desk: Desk, bot: BotInfo, draft: Snapshot, change: Change) -> None:
    """The draft has another hour for the second step, for which people are waiting, and is not published."""
    first, second, *rest = draft.steps
    changed = replace(draft, steps=(first, replace(second, schedule=After(2 * _HOUR_MS)), *rest))
    await campaigns.import_draft(desk.pool, bot.username, changed, desk.settings.min_threshold_ms, change)


async def _grow(desk: Desk, bot: BotInfo, people: range, now_ms: int) -> None:
    """Gives each of these people an episode with its deliveries and an audit line. The first ones are still waiting."""
    given = (bot.id, now_ms, people.start, people.stop - 1)
    async with transaction(desk.pool) as connection:
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute(_CHATS, *given)
        await connection.execute(_EPISODES, *given, _WAITING_MOST)
        await connection.execute(_SENT, *given)
        await connection.execute(_WAITING, *given, _WAITING_MOST)
        await connection.execute(_AUDIT, *given)
    for table in ("chats", "recovery_episodes", "recovery_deliveries", "audit_log"):
        await desk.pool.execute(f"ANALYZE {table}")
