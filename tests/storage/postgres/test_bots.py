"""The bots that are known, and how they are suspended."""

import json
from collections.abc import AsyncIterator

import pytest

from engine.core.change import Change
from storage.postgres import bots
from storage.postgres.bots import BotRecord
from storage.postgres.incidents import BLOCK_INCIDENTS, close_incidents, open_incident
from storage.postgres.pool import Connection, open_pool, transaction

NOW_MS = 1_700_000_000_000
CHANGE = Change("ana", NOW_MS)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    pool = await open_pool(database_url)
    async with transaction(pool) as connection:
        yield connection
    await pool.close()


async def test_a_known_bot_gets_its_new_token_and_name(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", CHANGE)
    await bots.add(connection, 7, "store_bot", b"new", CHANGE)
    assert await bots.list_bots(connection) == [BotRecord(7, "store_bot", b"new", "active", 25, paid_broadcast=False)]


async def test_a_suspended_bot_has_one_incident_and_is_active_again_with_a_new_token(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", CHANGE)
    for detail in ("refused", "refused again"):
        assert await bots.suspend(connection, 7, b"old", detail, NOW_MS)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["suspended"]
    incidents = await connection.fetch("SELECT kind, detail FROM incidents")
    assert [tuple(row) for row in incidents] == [("bot_suspended", "refused")]
    await bots.add(connection, 7, "shop_bot", b"new", CHANGE)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["active"]
    assert not await bots.suspend(connection, 7, b"old", "refused late", NOW_MS)


async def test_a_paused_bot_whose_token_is_refused_stays_paused(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", CHANGE)
    known = await bots.hold(connection, 7)
    assert known
    await bots.set_status(connection, known, "paused", "pause", CHANGE)
    assert await bots.suspend(connection, 7, b"old", "refused", NOW_MS)
    await bots.add(connection, 7, "shop_bot", b"new", CHANGE)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["paused"]


async def test_a_bot_that_has_another_token_by_now_is_not_suspended(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"new", CHANGE)
    assert not await bots.suspend(connection, 7, b"old", "refused", NOW_MS)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["active"]
    assert await connection.fetchval("SELECT count(*) FROM incidents") == 0


async def test_a_removed_bot_is_not_listed(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"t", CHANGE)
    await connection.execute("UPDATE bots SET status = 'removed'")
    assert await bots.list_bots(connection) == []


async def test_a_bot_is_found_by_its_name_in_any_case(connection: Connection) -> None:
    await bots.add(connection, 7, "Shop_Bot", b"t", CHANGE)
    assert await bots.hold_named(connection, "shop_BOT") == BotRecord(
        7, "Shop_Bot", b"t", "active", 25, paid_broadcast=False
    )
    assert await bots.hold_named(connection, "other_bot") is None


async def test_every_change_of_a_bot_is_audited_once_and_without_its_token(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"secret", CHANGE)
    for _ in range(2):
        await bots.suspend(connection, 7, b"secret", "refused", NOW_MS)
    await bots.add(connection, 7, "store_bot", b"newer secret", CHANGE)
    known = await bots.hold(connection, 7)
    assert known
    await bots.set_status(connection, known, "paused", "pause", CHANGE)
    await bots.remove(connection, known._replace(status="paused"), CHANGE)
    rows = await connection.fetch("SELECT actor, bot_id, action, before::text, after::text FROM audit_log ORDER BY id")
    assert [row["action"] for row in rows] == ["bot.add", "bot.suspend", "bot.add", "bot.pause", "bot.remove"]
    assert [row["actor"] for row in rows] == ["ana", "engine", "ana", "ana", "ana"]
    states = [(json.loads(row["before"] or "null"), json.loads(row["after"])) for row in rows]
    assert states[2] == (
        {"username": "shop_bot", "status": "suspended"},
        {"username": "store_bot", "status": "active"},
    )
    assert states[4][1] == {"username": "store_bot", "status": "removed"}


async def test_a_removed_bot_has_no_token_any_more(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"secret", CHANGE)
    known = await bots.hold(connection, 7)
    assert known
    await bots.remove(connection, known, CHANGE)
    assert await bots.hold(connection, 7) == BotRecord(7, "shop_bot", b"", "removed", 25, paid_broadcast=False)


async def test_a_refused_block_is_reported_once_until_another_version_is_published(connection: Connection) -> None:
    told = ("version 1, a/b", "too long"), ("version 1, a/b", "again"), ("version 1, a/c", "no image")
    for subject, detail in told:
        await open_incident(connection, 7, "block_refused", detail, NOW_MS, subject)
    found = await connection.fetch("SELECT subject, detail FROM incidents ORDER BY subject")
    assert [tuple(row) for row in found] == [("version 1, a/b", "too long"), ("version 1, a/c", "no image")]
    assert await close_incidents(connection, 7, BLOCK_INCIDENTS, NOW_MS) == 2
    assert await close_incidents(connection, 7, BLOCK_INCIDENTS, NOW_MS) == 0


async def test_a_token_that_works_ends_the_incidents_of_the_old_one_and_no_others(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", CHANGE)
    for bot_id, kind in ((7, "bot_suspended"), (7, "feed_unauthorized"), (7, "feed_stale"), (8, "bot_suspended")):
        await open_incident(connection, bot_id, kind, "x", NOW_MS)
    await bots.add(connection, 7, "shop_bot", b"new", CHANGE)
    left = await connection.fetch("SELECT bot_id, kind FROM incidents WHERE closed_at IS NULL ORDER BY bot_id")
    assert [tuple(row) for row in left] == [(7, "feed_stale"), (8, "bot_suspended")]
