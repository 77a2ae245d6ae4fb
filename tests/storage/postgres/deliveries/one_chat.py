"""A bot with a live campaign and one silent chat, and the statements that carry the engine, on one delivery each."""

from typing import Any

import asyncpg

from engine.core.delivery.cursor import Cursor
from engine.core.delivery.state_machine import Found
from storage.postgres import chats
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, Begun, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report, Reported, report_outcomes
from storage.postgres.pool import Pool

BOT, CHAT = 7, 41
SILENCE = 1_800_000_000_000
NOW = SILENCE + 60_000
ONE = Cursor(SILENCE, 0, "hello", "one", 0)
TWO = Cursor(SILENCE, 1, "hello", "two", 1)

LIVE = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0);
INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms) VALUES (7, 'live', 60000, 'UTC', 60000);
"""


def beginning(episode: int = SILENCE, version: int = 10, chat: int = CHAT) -> Beginning:
    return Beginning(BOT, chat, episode, version, 1, "hello", "one", NOW)


async def begin(pool: Pool, episode: int = SILENCE, version: int = 10) -> Begun:
    (begun,) = await begin_episodes(pool, [beginning(episode, version)], NOW)
    return begun


def claiming(version: int = 10, cursor: Cursor = ONE, **other: Any) -> Claiming:
    usual = Claiming(BOT, CHAT, cursor, version, 1, marked=False, wish=True, skip_paid=True)
    return usual._replace(**other)


async def claim(pool: Pool, version: int = 10, cursor: Cursor = ONE, now_ms: int = NOW, **other: Any) -> Found:
    (found,) = await claim_deliveries(pool, [claiming(version, cursor, **other)], now_ms)
    return found


async def report(pool: Pool, version: int = 10, cursor: Cursor = ONE, now_ms: int = NOW, **what: Any) -> Reported:
    (reported,) = await report_outcomes(pool, [Report(BOT, CHAT, cursor, version, **what)], now_ms)
    return reported


async def come_back(pool: Pool, at_ms: int) -> None:
    async with pool.acquire() as connection:
        await chats.flush(connection, [Life(BOT, CHAT, at_ms)], at_ms)


async def row(pool: Pool, cursor: Cursor = ONE) -> asyncpg.Record:
    found = await pool.fetchrow(
        "SELECT * FROM recovery_deliveries WHERE (bot_id, chat_id, episode_id, step_key, block_key)"
        " = ($1, $2, $3, $4, $5)",
        *(BOT, CHAT, cursor.episode_id, cursor.step, cursor.block),
    )
    assert found
    return found


async def ended(pool: Pool, episode: int = SILENCE) -> str | None:
    reason: str | None = await pool.fetchval("SELECT reason FROM recovery_episodes WHERE episode_id = $1", episode)
    return reason


async def sending(pool: Pool, version: int = 10) -> None:
    await begin(pool)
    assert (await claim(pool, version)).status == "sending"
