"""What was sent without an answer is listed, and an admin's word on it stands: once, audited, beside the sequence."""

import json
from collections.abc import AsyncIterator
from typing import Final

import pytest

from engine.administration import deliveries
from engine.core.change import Change
from engine.core.errors import NotFoundError
from storage.postgres.pool import Pool, open_pool
from storage.postgres.unanswered import Unanswered, UnansweredPlace

CLAIMED: Final = 1_800_000_060_000
PLACE: Final = UnansweredPlace(41, 1_800_000_000_000, "hello", "one")
OTHER: Final = UnansweredPlace(42, 1_800_000_000_000, "hello", "one")
CHANGE: Final = Change("ana", CLAIMED + 5)

_GROUND: Final = """
INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0), (8, 'cafe_bot', '', 0);
INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)
SELECT 7, chat_id, 1800000000000, 1, 0 FROM unnest(ARRAY[41, 42, 43]) chat_id;
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, claimed_at)
SELECT 7, chat_id, 1800000000000, 'hello', 'one', 0, CASE chat_id WHEN 43 THEN 'sending' ELSE 'unknown' END, 1,
    1, 0, 1800000060000 + 41 - chat_id FROM unnest(ARRAY[41, 42, 43]) chat_id;
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute(_GROUND)
        yield pool


async def status(pool: Pool, place: UnansweredPlace) -> tuple[str, str | None, int | None]:
    row = await pool.fetchrow("SELECT status, reason, sent_at FROM recovery_deliveries WHERE chat_id = $1", place[0])
    assert row
    return tuple(row)


async def test_those_of_a_bot_are_listed_the_latest_first(pool: Pool) -> None:
    assert await deliveries.list_unknown(pool, "@Shop_Bot") == [
        Unanswered(PLACE, CLAIMED),
        Unanswered(OTHER, CLAIMED - 1),
    ]
    assert await deliveries.list_unknown(pool, "cafe_bot") == []


async def test_what_arrived_after_all_counts_from_its_claim(pool: Pool) -> None:
    await deliveries.settle(pool, "@shop_bot", PLACE, "sent", CHANGE)
    assert await status(pool, PLACE) == ("sent", None, CLAIMED)
    assert await status(pool, OTHER) == ("unknown", None, None)


async def test_what_never_arrived_has_failed(pool: Pool) -> None:
    await deliveries.settle(pool, "@shop_bot", PLACE, "failed", CHANGE)
    assert await status(pool, PLACE) == ("failed", "internal_error", None)


async def test_a_word_is_audited_and_given_once(pool: Pool) -> None:
    await deliveries.settle(pool, "@shop_bot", PLACE, "sent", CHANGE)
    with pytest.raises(NotFoundError, match="no such unknown delivery"):
        await deliveries.settle(pool, "@shop_bot", PLACE, "failed", CHANGE)
    (line,) = await pool.fetch("SELECT actor, at, bot_id, action, before::text, after::text FROM audit_log")
    place = PLACE._asdict()
    assert tuple(line)[:4] == ("ana", CHANGE.at, 7, "delivery.settle")
    assert [json.loads(line[state]) for state in ("before", "after")] == [
        {**place, "status": "unknown"},
        {**place, "status": "sent"},
    ]


@pytest.mark.parametrize(
    ("bot", "place"),
    [("@shop_bot", PLACE._replace(chat_id=43)), ("@cafe_bot", PLACE), ("@nobody", PLACE)],
)
async def test_a_word_on_anything_else_is_refused(pool: Pool, bot: str, place: UnansweredPlace) -> None:
    with pytest.raises(NotFoundError):
        await deliveries.settle(pool, bot, place, "sent", CHANGE)
    assert await pool.fetchval("SELECT count(*) FROM audit_log") == 0
