"""Begin, on a real PostgreSQL: which silences begin an episode, and which do not."""

import pytest

from storage.postgres import chats
from storage.postgres.deliveries.begin import Begun, begin_episodes
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
    come_back,
    ended,
    report,
    row,
    sending,
)


async def test_a_silence_begins_with_its_first_delivery(pool: Pool) -> None:
    assert await begin(pool) == Begun(fresh=True, episode_id=SILENCE, last_active_ms=SILENCE)
    planned = await row(pool)
    assert (planned["status"], planned["version"], planned["due_at"], planned["ordinal"]) == ("scheduled", 10, NOW, 0)


async def test_the_same_silence_begins_once(pool: Pool) -> None:
    await begin(pool)
    assert await begin(pool, version=11) == Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE, cursor=ONE)
    assert (await row(pool))["version"] == 10


@pytest.mark.parametrize(
    ("state", "begins"),
    [("live", True), ("shadow", True), ("paused", True), ("finishing", False), ("stopped", False), ("draft", False)],
)
async def test_nothing_begins_once_the_campaign_was_stopped(pool: Pool, state: str, *, begins: bool) -> None:
    await pool.execute("UPDATE recovery_campaigns SET state = $1", state)
    assert (await begin(pool)).fresh is begins


async def test_a_silence_that_has_begun_before_returns_its_cursor(pool: Pool) -> None:
    await sending(pool)
    await report(pool, status="sent", fact=True, next=TWO, next_due_ms=NOW)
    assert (await begin(pool, version=11)).cursor == TWO


async def test_a_question_begins_nothing_and_returns_what_is_there(pool: Pool) -> None:
    only_asks = beginning(version=11)._replace(begins=False, step="", block="")
    assert await begin_episodes(pool, [only_asks], NOW) == [
        Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE)
    ]
    await begin(pool)
    assert await begin_episodes(pool, [only_asks], NOW) == [
        Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE, cursor=ONE)
    ]


async def test_a_silence_judged_within_the_same_second_is_the_same(pool: Pool) -> None:
    await begin(pool)
    assert (await begin(pool, SILENCE + 999)).episode_id == SILENCE
    assert await pool.fetchval("SELECT count(*) FROM recovery_episodes") == 1


async def test_a_silence_that_was_broken_does_not_begin(pool: Pool) -> None:
    await come_back(pool, SILENCE + 5_000)
    assert await begin(pool) == Begun(fresh=False, episode_id=SILENCE, last_active_ms=SILENCE + 5_000)
    assert await pool.fetchval("SELECT count(*) FROM recovery_deliveries") == 0


async def test_a_new_silence_closes_the_older_one(pool: Pool) -> None:
    await begin(pool)
    assert (await begin(pool, SILENCE + 1_000)).fresh
    assert await ended(pool) == "returned"
    assert tuple(await row(pool))[6:8] == ("cancelled", "returned")


async def test_a_new_silence_leaves_what_is_on_the_wire(pool: Pool) -> None:
    await sending(pool)
    await begin(pool, SILENCE + 1_000)
    assert (await row(pool))["status"] == "sending"


@pytest.mark.parametrize(("after_ms", "crossed"), [(-1, False), (0, False), (1, True)])
async def test_a_new_silence_marks_what_was_sent_after_its_sign(pool: Pool, after_ms: int, *, crossed: bool) -> None:
    await sending(pool)
    back_ms = NOW + 5_000
    await report(pool, now_ms=back_ms + after_ms, status="sent", fact=True, next=TWO, next_due_ms=NOW + 9_000)
    await begin(pool, back_ms)
    assert ((await row(pool))["crossed"], (await row(pool, TWO))["status"]) == (crossed, "cancelled")


async def test_an_older_silence_does_not_begin_beside_a_newer_one(pool: Pool) -> None:
    await begin(pool, SILENCE + 1_000)
    begun = await begin(pool)
    assert (begun.fresh, begun.episode_id) == (False, SILENCE + 1_000)


async def test_a_new_silence_makes_an_unreachable_chat_reachable_again(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], SILENCE - 5_000)
    await begin(pool)
    assert (await claim(pool)).facts.reachable


async def test_nothing_begins_for_somebody_who_cannot_be_reached(pool: Pool) -> None:
    async with pool.acquire() as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], SILENCE + 5_000)
    assert not (await begin(pool)).fresh
    assert not (await claim(pool)).exists


async def test_nothing_begins_for_somebody_who_opted_out(pool: Pool) -> None:
    await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active, opted_out_at) VALUES (7, 41, 0, 1)")
    assert not (await begin(pool)).fresh
    assert not (await claim(pool)).exists
