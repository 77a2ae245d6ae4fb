"""The data of a busy owner: many bots, a long campaign with people inside, and a history of deliveries."""

from collections.abc import Sequence
from typing import Final

from bench.sandbox.wire import BotInfo
from engine import administration, registry
from engine.core.campaign import Block, Change, Snapshot, Step
from engine.core.content import StartButton, Text
from engine.core.schedule import After
from engine.desk import Desk
from engine.registry import Identity
from engine.settings import Secret
from storage.postgres import transaction

STEPS: Final = 50
BLOCKS: Final = 4
STEP, BLOCK = "s1", "b1-1"
WAITING: Final = 10_000
_HOUR_MS: Final = 3_600_000

_CHATS: Final = """
INSERT INTO chats (bot_id, chat_id, first_name, last_active)
SELECT $1::bigint, n, 'Ana', $2::bigint - n FROM generate_series(1, $3::int) n
"""
_EPISODES: Final = """
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)
SELECT $1::bigint, n, $2::bigint - n, 1, $2::bigint, CASE WHEN n > $4::int THEN $2::bigint END,
    CASE WHEN n > $4::int THEN 'completed' END
FROM generate_series(1, $3::int) n
"""
_WAITING: Final = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, anchor_at)
SELECT $1::bigint, n, $2::bigint - n, 's2', 'b2-1', 4, 'scheduled', 1, 0, $2::bigint + n * 1000, $2::bigint
FROM generate_series(1, $3::int) n
"""
_SENT: Final = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, sent_at)
SELECT $1::bigint, n, $2::bigint - n, 's1', 'b1-' || b, b - 1, 'sent', 1, 1, $2::bigint, $2::bigint
FROM generate_series(1, $3::int) n CROSS JOIN generate_series(1, 4) b
"""
_AUDIT: Final = """
INSERT INTO audit_log (at, actor, bot_id, action)
SELECT $1::bigint, 'admin:1', $2::bigint, 'campaign.draft' FROM generate_series(1, 100000)
"""


def campaign() -> Snapshot:
    buttons = ((StartButton("Falar", "ajuda"),),)
    steps = [
        Step(
            f"s{step}",
            After(_HOUR_MS),
            tuple(Block(f"b{step}-{block}", Text("Oi! " * 50, buttons=buttons)) for block in range(1, BLOCKS + 1)),
        )
        for step in range(1, STEPS + 1)
    ]
    return Snapshot("America/Sao_Paulo", tuple(steps))


async def connect(desk: Desk, bots: Sequence[BotInfo], change: Change) -> None:
    """Register the bots, each with its live campaign and changes that are not published."""
    least, draft = desk.settings.min_threshold_ms, campaign()
    for bot in bots:
        await registry.add(desk.pool, desk.vault, Identity(bot.id, bot.username), Secret(bot.token), None, change)
        await administration.import_draft(desk.pool, bot.username, draft, least, change)
        await administration.publish(desk.pool, bot.username, least, change)
        await administration.activate(desk.pool, bot.username, change)
    first = bots[0].username
    later = Step("s2", After(2 * _HOUR_MS), draft.steps[1].blocks)
    changed = Snapshot(draft.zone, (draft.steps[0], later, *draft.steps[2:]))
    await administration.import_draft(desk.pool, first, changed, least, change)


async def grow(desk: Desk, bot_id: int, deliveries: int, now_ms: int) -> None:
    """So many deliveries of one bot, the last of whose people wait, and a long audit log."""
    people = deliveries // BLOCKS
    async with transaction(desk.pool) as connection:
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute(_CHATS, bot_id, now_ms, people)
        await connection.execute(_EPISODES, bot_id, now_ms, people, WAITING)
        await connection.execute(_SENT, bot_id, now_ms, people)
        await connection.execute(_WAITING, bot_id, now_ms, min(WAITING, people))
        await connection.execute(_AUDIT, now_ms, bot_id)
    for table in ("chats", "recovery_episodes", "recovery_deliveries", "audit_log"):
        await desk.pool.execute(f"ANALYZE {table}")
