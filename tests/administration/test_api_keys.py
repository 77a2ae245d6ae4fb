"""Keys for the HTTP API: shown once, stored as a hash, told apart by name, and every change written down."""

import json
from collections.abc import AsyncIterator

import pytest

from engine.administration import api_keys
from engine.core.api_key import ALL, is_whole
from engine.core.change import Change
from engine.core.errors import BotError, NotFoundError
from storage.postgres.api_keys import ActiveKey, list_live
from storage.postgres.pool import Pool, open_pool

CHANGE = Change("test", 5)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute(
            "INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0), (8, 'club_bot', '', 0)"
        )
        yield pool


async def names(pool: Pool, bot: str = "@shop_bot") -> list[tuple[str, bool]]:
    return [(key.name, key.revoked_at_ms is None) for key in await api_keys.listed(pool, bot)]


async def test_only_the_hash_of_a_key_is_kept(pool: Pool) -> None:
    key = await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    assert is_whole(key.reveal())
    (kept,) = await list_live(pool)
    assert kept == ActiveKey(kept.key_id, api_keys.hash_of(key.reveal()), "main", ALL, None, 7, "shop_bot", "active")
    for table in ("api_keys", "audit_log"):
        assert key.reveal()[10:] not in str(await pool.fetch(f"SELECT * FROM {table}"))


async def test_no_two_valid_keys_of_a_bot_share_a_name(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.add(pool, "@club_bot", "main", CHANGE)
    with pytest.raises(BotError, match="choose another --name"):
        await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    assert await names(pool) == [("main", False), ("main", True)]
    assert len(await list_live(pool)) == 2


async def test_unknown_keys_cannot_be_revoked(pool: Pool) -> None:
    with pytest.raises(NotFoundError, match="keys list @shop_bot"):
        await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    with pytest.raises(NotFoundError, match="keys list @shop_bot"):
        await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb"])
async def test_a_name_is_bounded(pool: Pool, name: str) -> None:
    with pytest.raises(BotError, match="1 to 64 printable"):
        await api_keys.add(pool, "@shop_bot", name, CHANGE)


async def test_a_bot_that_is_gone_has_no_keys(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await pool.execute("UPDATE bots SET status = 'removed'")
    assert await list_live(pool) == []
    with pytest.raises(NotFoundError, match="There is no bot @shop_bot"):
        await api_keys.add(pool, "@shop_bot", "other", CHANGE)


async def test_each_change_is_written_down(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    rows = await pool.fetch("SELECT actor, bot_id, action, before, after FROM audit_log ORDER BY id")
    assert [tuple(row)[:3] for row in rows] == [("test", 7, "api_key.add"), ("test", 7, "api_key.revoke")]
    assert json.loads(rows[0]["after"])["name"] == json.loads(rows[1]["before"])["name"] == "main"
