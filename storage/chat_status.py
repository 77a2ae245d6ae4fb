"""The status of one chat in Redis and in PostgreSQL: read to be shown, and never written.

Each server is asked once, in one transaction, so that what is shown together was true together.
"""

from typing import Any, Final

import asyncpg
import msgspec

from engine.core.delivery.chat_status import Armed, Clockwork, Delivery, Episode, KnownChat
from engine.core.delivery.gate import Facts
from engine.core.identity import newer_sign
from storage.postgres.pool import Connection, Pool, transaction
from storage.redis import bot_state, keys
from storage.redis.chat_states import unpack
from storage.redis.client import Redis, reaching_redis
from storage.redis.exchange import atomic
from storage.redis.round_trip import Command
from storage.redis.server_identity import run_in
from storage.redis.timers import FEED_SLACK_MS, FEED_STALE_MS

_EPISODES: Final = 5

_FACTS: Final = """
SELECT b.username, b.status AS bot_status, coalesce(k.state, 'draft') AS campaign_state, k.published_version,
    b.doubted_until, coalesce(s.engaged, false) AS emergency_stop,
    c.last_active, c.unreachable_since IS NULL AS reachable, c.opted_out_at IS NOT NULL AS opted_out,
    EXISTS (SELECT FROM payments p WHERE p.bot_id = b.id AND p.chat_id = $2 AND p.status = 'paid') AS paid,
    EXISTS (SELECT FROM bot_admins a WHERE a.bot_id = b.id AND a.admin_id = $2) AS admin
FROM bots b
LEFT JOIN recovery_campaigns k ON k.bot_id = b.id
LEFT JOIN switches s ON s.name = 'emergency_stop'
LEFT JOIN chats c ON c.bot_id = b.id AND c.chat_id = $2
WHERE b.id = $1
"""

_RECENT: Final = """
SELECT episode_id, campaign_version, began_at, ended_at, reason, returned_at FROM recovery_episodes
WHERE bot_id = $1 AND chat_id = $2 ORDER BY episode_id DESC LIMIT $3
"""

_DELIVERIES: Final = """
SELECT episode_id, step_key, block_key, status, reason, due_at, sent_at, attempts, crossed, campaign_version
FROM recovery_deliveries WHERE bot_id = $1 AND chat_id = $2 AND episode_id = ANY($3::bigint[])
ORDER BY episode_id, ordinal
"""


async def read_clockwork(client: Redis, bot_id: int, chat_id: int) -> Clockwork:
    """Raises UnreachableError."""
    k = keys.of_bot(bot_id)
    asked: list[Command] = [
        ("TIME",),
        ("INFO", "server"),
        ("HMGET", k.bot, "generation", "run", "watermark", "held", "turned"),
        ("HGET", k.state, chat_id),
        ("ZSCORE", k.timers, chat_id),
    ]
    async with reaching_redis():
        time, info, bot, state, score = await atomic(client, k.bot, asked)
    return _clockwork(time, run_in(info), bot, _armed(state, score))


async def read_chat(pool: Pool, bot_id: int, chat_id: int) -> KnownChat | None:
    """None for a bot that is not registered. Raises UnreachableError."""
    async with transaction(pool) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        row = await connection.fetchrow(_FACTS, bot_id, chat_id)
        if row is None:
            return None
        episodes = await _episodes(connection, bot_id, chat_id)
    return KnownChat(
        bot_id, row["username"], row["published_version"], row["last_active"], _facts(row, episodes), episodes
    )


async def _episodes(connection: Connection, bot_id: int, chat_id: int) -> tuple[Episode, ...]:
    found = await connection.fetch(_RECENT, bot_id, chat_id, _EPISODES)
    rows = await connection.fetch(_DELIVERIES, bot_id, chat_id, [row["episode_id"] for row in found])
    deliveries: dict[int, list[Delivery]] = {}
    for episode_id, *rest in rows:
        deliveries.setdefault(episode_id, []).append(Delivery(*rest))
    return tuple(
        msgspec.structs.replace(Episode(*row), deliveries=tuple(deliveries.get(row["episode_id"], ()))) for row in found
    )


def _facts(row: asyncpg.Record, episodes: tuple[Episode, ...]) -> Facts:
    silent_since = next((one.episode_id for one in episodes if one.ended_ms is None), None)
    return Facts(
        bot_status=row["bot_status"],
        campaign_state=row["campaign_state"],
        emergency_stop=row["emergency_stop"],
        returned=silent_since is not None and newer_sign(row["last_active"] or 0, silent_since),
        reachable=row["reachable"],
        opted_out=row["opted_out"],
        paid=row["paid"],
        doubted=silent_since is not None and newer_sign(row["doubted_until"] or 0, silent_since),
        admin=row["admin"],
    )


def _clockwork(time: list[str], run: str, bot: list[str | None], armed: Armed | None) -> Clockwork:
    generation, written_in, watermark, held, turned = bot
    now_ms = int(time[0]) * 1000 + int(time[1]) // 1000
    return Clockwork(
        now_ms=now_ms,
        lost=not generation or not bot_state.is_of_run(written_in, run),
        held_until_ms=int(held or 0),
        watermark_ms=int(watermark) if watermark else None,
        ripe_until_ms=_ripe_until_ms(now_ms, int((not turned and watermark) or 0)),
        armed=armed,
    )


def _ripe_until_ms(now_ms: int, heard_ms: int) -> int:
    """Nothing is ripe where the feed is not known to be healthy."""
    return heard_ms + FEED_SLACK_MS if now_ms <= heard_ms + FEED_STALE_MS else 0


def _armed(state: Any, score: float | None) -> Armed | None:
    if state is None or score is None:
        return None
    _, seen_ms, due_ms, marked, opaque = unpack(str(state))
    fires_ms = int(score) + (keys.URGENCY_MS if score < 0 else 0)
    return Armed(seen_ms, due_ms, marked, opaque, fires_ms)
