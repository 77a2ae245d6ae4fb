"""Begin and claim in one call: a first delivery that is due at once is taken as by a claim of its own."""

from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import pytest

from engine.core.campaign.frequency_caps import Limits
from engine.core.delivery.state_machine import Found
from storage.postgres.deliveries.begin import Beginning, Begun, begin_episodes
from storage.postgres.deliveries.claim import claim_deliveries
from storage.postgres.pool import Pool
from tests.storage.postgres.deliveries.one_chat import (
    BOT,
    CHAT,
    NOW,
    ONE,
    SILENCE,
    TWO,
    begin,
    beginning,
    claim,
    claiming,
    come_back,
    report,
    row,
)

OTHER: Final = CHAT + 1
PAID: Final = "INSERT INTO payments SELECT 7, c::text, c, 1, 'BRL', 'paid', 0 FROM unnest(ARRAY[41, 42]) c"
ADMIN: Final = """
INSERT INTO admins (id, name, created_at) SELECT c, '', 0 FROM unnest(ARRAY[41, 42]) c;
INSERT INTO bot_admins (bot_id, admin_id, role) SELECT 7, c, 'owner' FROM unnest(ARRAY[41, 42]) c;
"""
SENT_BEFORE: Final = f"""
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, sent_at)
SELECT 7, c, {SILENCE - 9_000_000}, 'hello', 'one', 0, 'sent', 1, 1, 0, {SILENCE - 8_000_000}
FROM unnest(ARRAY[41, 42]) c
"""
CIRCUMSTANCES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "all is well": ("SELECT", {}),
    "nobody wishes": ("SELECT", {"wish": False}),
    "an owner of all bots": ("SELECT", {"owner": True}),
    "an admin of the bot": (ADMIN, {}),
    "paid": (PAID, {}),
    "paid, and it does not matter": (PAID, {"skip_paid": False}),
    "a limit is reached": (SENT_BEFORE, {"limits": Limits(per_day=1)}),
    "a limit is not reached": (SENT_BEFORE, {"limits": Limits(per_day=2, per_week=2)}),
    "shadow": ("UPDATE recovery_campaigns SET state = 'shadow'", {}),
    "paused": ("UPDATE recovery_campaigns SET state = 'paused'", {}),
    "activated later": (f"UPDATE recovery_campaigns SET activated_at = {SILENCE + 1}", {}),
    "emergency stop": ("UPDATE switches SET engaged = true", {}),
    "the bot is not active": ("UPDATE bots SET status = 'paused'", {}),
    "doubted within the second": (f"UPDATE bots SET doubted_until = {SILENCE + 500}", {}),
}


def wished(chat: int = CHAT, episode: int = SILENCE, version: int = 10, **other: Any) -> Beginning:
    """Begin, and claim the first delivery in the same call."""
    cursor = ONE._replace(episode_id=episode)
    wish = claiming(version, cursor, chat_id=chat, **other)
    return beginning(episode, version, chat)._replace(limits=wish.limits, claiming=wish)


async def take(pool: Pool, wanted: Sequence[Beginning]) -> list[Begun]:
    return await begin_episodes(pool, wanted, NOW)


@pytest.mark.parametrize("name", CIRCUMSTANCES)
async def test_the_claim_is_the_same_in_one_call_as_in_two(pool: Pool, name: str) -> None:
    change, other = CIRCUMSTANCES[name]
    await pool.execute(change)
    (together,) = await take(pool, [wished(**other)])
    (begun,) = await take(pool, [wished(OTHER, **other)._replace(claiming=None)])
    (found,) = await claim_deliveries(pool, [claiming(chat_id=OTHER, **other)], NOW)
    assert together._replace(found=None) == begun
    assert together.found == found
    assert _but_chat(await _delivery(pool, CHAT)) == _but_chat(await _delivery(pool, OTHER))


async def test_what_is_claimed_is_being_sent_under_the_version_of_the_claim(pool: Pool) -> None:
    (begun,) = await take(pool, [wished()])
    assert begun.fresh
    assert begun.found
    assert (begun.found.taken, begun.found.status, begun.found.cursor) == (True, "sending", ONE._replace(pinned=1))
    planned = await row(pool)
    assert [planned[name] for name in ("status", "version", "attempts", "claimed_at")] == ["sending", 10, 1, NOW]


@pytest.mark.parametrize("status", ["scheduled", "sending", "sent"])
async def test_an_episode_that_is_there_is_not_claimed_with_the_same_call(pool: Pool, status: str) -> None:
    """Its claim depends on a mark and on a place that only another look can know."""
    await begin(pool)
    if status != "scheduled":
        await claim(pool)
    if status == "sent":
        await report(pool, status="sent", fact=True, next=TWO, next_due_ms=NOW)
    before = await _delivery(pool, CHAT)
    (begun,) = await take(pool, [wished(version=11)])
    assert (begun.fresh, begun.cursor, begun.found) == (False, TWO if status == "sent" else _at(before), None)
    assert await _delivery(pool, CHAT) == before


async def test_a_silence_that_does_not_begin_is_not_claimed(pool: Pool) -> None:
    await come_back(pool, SILENCE + 5_000)
    (begun,) = await take(pool, [wished()])
    assert (begun.fresh, begun.found) == (False, None)


async def test_each_of_a_batch_gets_what_is_its_own(pool: Pool) -> None:
    """Some begin, some only wait, some are there already, some came back; the order is that of the questions."""
    there, back = range(100, 110), range(110, 120)
    await take(pool, [wished(chat) for chat in there])
    await pool.executemany(
        "INSERT INTO chats (bot_id, chat_id, last_active) VALUES (7, $1, $2)",
        [(chat, SILENCE + 5_000) for chat in back],
    )
    wanted = [wished(chat, owner=chat % 2 == 0, version=11) for chat in range(140, 90, -1)]
    wanted = [one._replace(claiming=None) if one.chat_id % 3 == 0 else one for one in wanted]
    for item, begun in zip(wanted, await take(pool, wanted), strict=True):
        fresh = item.chat_id not in (*there, *back)
        assert begun.fresh is fresh
        assert (begun.found is not None) is (fresh and item.claiming is not None)
        if begun.found and item.claiming:
            assert (begun.found.status, begun.found.facts.admin) == _expected(begun.found, item.claiming.owner)
    statuses = await pool.fetch("SELECT chat_id, status FROM recovery_deliveries WHERE version = 11")
    assert {one["chat_id"] for one in statuses if one["status"] == "sending"} == {
        item.chat_id for item in wanted if item.claiming and not item.claiming.owner
    } - {*there, *back}


def _expected(found: Found, owner: bool) -> tuple[str, bool]:  # noqa: FBT001
    assert found.exists
    return ("scheduled", True) if owner else ("sending", False)


async def _delivery(pool: Pool, chat: int) -> asyncpg.Record:
    found = await pool.fetchrow(
        "SELECT * FROM recovery_deliveries WHERE bot_id = $1 AND chat_id = $2 AND episode_id = $3 AND ordinal = 0",
        *(BOT, chat, SILENCE),
    )
    assert found
    return found


def _but_chat(record: asyncpg.Record) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "chat_id"}


def _at(record: asyncpg.Record) -> Any:
    return ONE._replace(pinned=record["campaign_version"])
