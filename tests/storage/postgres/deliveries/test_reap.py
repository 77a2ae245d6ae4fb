"""Reap, on a real PostgreSQL: sends whose outcome nobody reports."""

from storage.postgres.deliveries.reap import Stuck, find_stuck, reap_deliveries
from storage.postgres.pool import Pool
from tests.storage.postgres.deliveries.one_chat import BOT, CHAT, NOW, SILENCE, claim, report, row, sending


async def test_a_delivery_without_an_outcome_is_stuck_and_given_up(pool: Pool) -> None:
    await sending(pool)
    assert await find_stuck(pool, NOW) == []
    (stuck,) = await find_stuck(pool, NOW + 1)
    assert stuck == Stuck(BOT, CHAT, SILENCE, "hello", "one", 10)
    assert await reap_deliveries(pool, [stuck]) == 1
    assert (await row(pool))["status"] == "unknown"


async def test_what_was_claimed_again_meanwhile_is_not_given_up(pool: Pool) -> None:
    await sending(pool, 10)
    (stuck,) = await find_stuck(pool, NOW + 1)
    await claim(pool, 11)
    assert await reap_deliveries(pool, [stuck]) == 0
    assert (await row(pool))["status"] == "sending"


async def test_an_answer_after_it_was_given_up_is_still_recorded(pool: Pool) -> None:
    await sending(pool)
    await reap_deliveries(pool, await find_stuck(pool, NOW + 1))
    assert (await report(pool, status="sent", fact=True, end="completed")).status == "sent"
