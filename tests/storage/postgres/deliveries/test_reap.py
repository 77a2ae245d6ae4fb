"""Reap, on a real PostgreSQL: sends whose outcome nobody reports."""

from storage.postgres.deliveries.reap import Stuck, find_stuck, reap_deliveries
from storage.postgres.pool import Pool
from storage.postgres.statements import PAGE
from tests.storage.postgres.deliveries.one_chat import BOT, CHAT, NOW, SILENCE, claim, report, row, sending

MANY = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, claimed_at)
SELECT 7, g, 1800000000000, 'hello', 'one', 0, 'sending', 10, 1, 0, $2::bigint + g / 400
FROM generate_series(1, $1::int) g
"""
"""Those of a batch were claimed in the same millisecond."""


async def stuck_before(pool: Pool, claimed_before_ms: int) -> list[Stuck]:
    return [one async for page in find_stuck(pool, claimed_before_ms) for one in page]


async def test_a_delivery_without_an_outcome_is_stuck_and_given_up(pool: Pool) -> None:
    await sending(pool)
    assert await stuck_before(pool, NOW) == []
    (stuck,) = await stuck_before(pool, NOW + 1)
    assert stuck == Stuck(BOT, CHAT, SILENCE, "hello", "one", 10)
    assert await reap_deliveries(pool, [stuck]) == 1
    assert (await row(pool))["status"] == "unknown"


async def test_what_was_claimed_again_meanwhile_is_not_given_up(pool: Pool) -> None:
    await sending(pool, 10)
    (stuck,) = await stuck_before(pool, NOW + 1)
    await claim(pool, 11)
    assert await reap_deliveries(pool, [stuck]) == 0
    assert (await row(pool))["status"] == "sending"


async def test_an_answer_after_it_was_given_up_is_still_recorded(pool: Pool) -> None:
    await sending(pool)
    await reap_deliveries(pool, await stuck_before(pool, NOW + 1))
    assert (await report(pool, status="sent", fact=True, end="completed")).status == "sent"


async def test_the_stuck_are_found_page_by_page_each_once_and_the_oldest_first(pool: Pool) -> None:
    many = 2 * PAGE + 200
    await pool.execute(MANY, many, NOW)
    pages = [page async for page in find_stuck(pool, NOW + many)]
    assert [len(page) for page in pages] == [PAGE, PAGE, 200]
    assert [one.chat_id for page in pages for one in page] == list(range(1, many + 1))
