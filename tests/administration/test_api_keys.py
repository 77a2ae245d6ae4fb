"""Keys for the HTTP API: shown once, stored as a hash, told apart by name, and every change written down."""

import json
from collections.abc import AsyncIterator

import pytest

from engine.administration import api_keys
from engine.core.api_key import ALL, Scope, is_whole
from engine.core.change import Change
from engine.core.errors import BotError, NotFoundError
from engine.core.schedule.spoken_time import DAY_MS
from storage.postgres.api_keys import ActiveKey, Rights, list_live, note_uses
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


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", " main", "main "])
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


async def test_a_key_may_do_everything_and_never_ends_unless_it_is_said(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.add(pool, "@shop_bot", "shop", CHANGE, "payments", "1d")
    main, shop = await api_keys.listed(pool, "@shop_bot")
    assert (main.rights, main.created_by, main.last_used_at_ms) == (Rights(ALL, None), "test", None)
    assert shop.rights == Rights((Scope.PAYMENTS,), 5 + DAY_MS)


async def test_people_know_a_key_by_its_beginning(pool: Pool) -> None:
    key = (await api_keys.add(pool, "@shop_bot", "main", CHANGE)).reveal()
    (listed,) = await api_keys.listed(pool, "@shop_bot")
    assert (key.startswith(listed.hint), len(listed.hint)) == (True, 10)


async def test_what_is_not_said_of_a_key_stays_as_it_is(pool: Pool) -> None:
    key = await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    assert await api_keys.edit(pool, "@shop_bot", "main", CHANGE, None, "1d") == Rights(ALL, 5 + DAY_MS)
    assert await api_keys.edit(pool, "@shop_bot", "main", CHANGE, "read", None) == Rights((Scope.READ,), 5 + DAY_MS)
    assert await api_keys.edit(pool, "@shop_bot", "main", CHANGE, None, "never") == Rights((Scope.READ,), None)
    (kept,) = await list_live(pool)
    assert (kept.hash, kept.scopes, kept.expires_at_ms) == (api_keys.hash_of(key.reveal()), (Scope.READ,), None)


async def test_an_edit_that_changes_nothing_leaves_no_line(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE, "read")
    await api_keys.edit(pool, "@shop_bot", "main", CHANGE, "read", "never")
    with pytest.raises(BotError, match="give --scopes, --expires or both"):
        await api_keys.edit(pool, "@shop_bot", "main", CHANGE, None, None)
    assert await pool.fetchval("SELECT count(*) FROM audit_log") == 1


@pytest.mark.parametrize(("scopes", "expires"), [("all", None), (None, "soon"), ("read", "1969-12-31")])
async def test_rights_that_cannot_be_read_change_nothing(pool: Pool, scopes: str | None, expires: str | None) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    with pytest.raises(BotError):
        await api_keys.edit(pool, "@shop_bot", "main", CHANGE, scopes, expires)
    with pytest.raises(BotError):
        await api_keys.add(pool, "@shop_bot", "other", CHANGE, scopes, expires)
    assert [key.rights for key in await api_keys.listed(pool, "@shop_bot")] == [Rights(ALL, None)]


async def test_a_revoked_key_is_not_changed(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    with pytest.raises(NotFoundError, match="keys list @shop_bot"):
        await api_keys.edit(pool, "@shop_bot", "main", CHANGE, "read", None)


async def test_the_audit_tells_what_a_key_might_do_before_and_after(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE, "read")
    await api_keys.edit(pool, "@shop_bot", "main", CHANGE, "payments", "1d")
    await api_keys.revoke(pool, "@shop_bot", "main", CHANGE)
    rows = await pool.fetch("SELECT action, before, after FROM audit_log ORDER BY id")
    stood = [(row["action"], *(state and json.loads(state) for state in (row["before"], row["after"]))) for row in rows]
    key_id = stood[0][2]["id"]
    reads = {"id": key_id, "name": "main", "scopes": ["read"], "expires_at": None}
    pays = {"id": key_id, "name": "main", "scopes": ["payments"], "expires_at": 5 + DAY_MS}
    assert stood == [("api_key.add", None, reads), ("api_key.edit", reads, pays), ("api_key.revoke", pays, None)]


async def test_the_latest_use_of_a_key_counts(pool: Pool) -> None:
    for name in ("first", "second", "unused"):
        await api_keys.add(pool, "@shop_bot", name, CHANGE)
    first, second, _ = (key.key_id for key in await api_keys.listed(pool, "@shop_bot"))
    await note_uses(pool, {second: 9, first: 7})
    await note_uses(pool, {first: 6, second: 12, 10**9: 1})
    assert [key.last_used_at_ms for key in await api_keys.listed(pool, "@shop_bot")] == [7, 12, None]


async def test_a_scope_of_a_newer_version_gives_no_right_here(pool: Pool) -> None:
    await api_keys.add(pool, "@shop_bot", "main", CHANGE)
    await pool.execute("UPDATE api_keys SET scopes = '{campaigns,read}'")
    assert [key.scopes for key in await list_live(pool)] == [(Scope.READ,)]
