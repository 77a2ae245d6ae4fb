"""The bots that are known, and how they are held."""

from collections.abc import AsyncIterator

import pytest

from storage import bots
from storage.bots import BotRecord
from storage.postgres import Connection, open_pool, transaction

NOW_MS = 1_700_000_000_000


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[Connection]:
    pool = await open_pool(database_url)
    async with transaction(pool) as connection:
        yield connection
    await pool.close()


async def test_a_known_bot_gets_its_new_token_and_name(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", NOW_MS)
    await bots.add(connection, 7, "store_bot", b"new", NOW_MS + 1)
    assert await bots.list_bots(connection) == [BotRecord(7, "store_bot", b"new", "active", 25)]


async def test_a_suspended_bot_says_why_once_and_is_active_again_with_a_new_token(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"old", NOW_MS)
    for detail in ("refused", "refused again"):
        assert await bots.suspend(connection, 7, b"old", detail, NOW_MS)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["suspended"]
    incidents = await connection.fetch("SELECT kind, detail FROM incidents")
    assert [tuple(row) for row in incidents] == [("bot_suspended", "refused")]
    await bots.add(connection, 7, "shop_bot", b"new", NOW_MS)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["active"]
    assert not await bots.suspend(connection, 7, b"old", "refused late", NOW_MS)


async def test_a_bot_that_has_another_token_by_now_is_not_suspended(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"new", NOW_MS)
    assert not await bots.suspend(connection, 7, b"old", "refused", NOW_MS)
    assert [bot.status for bot in await bots.list_bots(connection)] == ["active"]
    assert await connection.fetchval("SELECT count(*) FROM incidents") == 0


async def test_a_removed_bot_is_not_listed(connection: Connection) -> None:
    await bots.add(connection, 7, "shop_bot", b"t", NOW_MS)
    await connection.execute("UPDATE bots SET status = 'removed'")
    assert await bots.list_bots(connection) == []


async def test_a_bot_is_found_by_its_name_however_it_is_written(connection: Connection) -> None:
    await bots.add(connection, 7, "Shop_Bot", b"t", NOW_MS)
    assert await bots.id_of(connection, "shop_BOT") == 7
    assert await bots.id_of(connection, "other_bot") is None
