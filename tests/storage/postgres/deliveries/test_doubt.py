"""Doubted silences, on a real PostgreSQL: none begins, none goes on, and those that began after the doubt do."""

import pytest

from engine.core.delivery.gate import EndEpisode, Plan, Reason, judge
from engine.core.identity import SECOND_MS
from storage.postgres import feed_doubts, remembered_chats
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.incidents import SECOND_READER
from storage.postgres.pool import Pool, transaction
from tests.storage.postgres.deliveries.one_chat import BOT, CHAT, ONE, SILENCE, begin, claim, row

SAME_SECOND = SILENCE + SECOND_MS - 1
NEXT_SECOND = SILENCE + SECOND_MS
HOUR_MS = 3_600_000


async def doubt(pool: Pool, until_ms: int) -> None:
    async with transaction(pool) as connection:
        await feed_doubts.contest(connection, BOT, SECOND_READER, "", until_ms)


@pytest.mark.parametrize(
    ("until_ms", "begins"), [(0, True), (SILENCE - 1, True), (SILENCE, True), (SAME_SECOND, True), (NEXT_SECOND, False)]
)
async def test_a_silence_begins_only_if_it_is_no_older_than_the_doubt(
    pool: Pool, until_ms: int, *, begins: bool
) -> None:
    await doubt(pool, until_ms)
    begun = await begin(pool)
    assert begun.fresh is begins
    if not begins:
        assert begun.last_active_ms == until_ms, "the chat is armed again from the doubt"


@pytest.mark.parametrize(("until_ms", "doubted"), [(SAME_SECOND, False), (NEXT_SECOND, True)])
async def test_an_episode_goes_on_only_if_it_is_no_older_than_the_doubt(
    pool: Pool, until_ms: int, *, doubted: bool
) -> None:
    await begin(pool)
    await doubt(pool, until_ms)
    found = await claim(pool)
    assert (found.facts.doubted, found.status) == (doubted, "scheduled" if doubted else "sending")
    if doubted:
        assert judge(found.facts, Plan(skip_paid=True)) == EndEpisode(Reason.DOUBTED)
        assert found.last_active_ms == until_ms


async def test_a_trusted_bot_goes_on_with_its_episodes(pool: Pool) -> None:
    await begin(pool)
    await doubt(pool, NEXT_SECOND)
    async with transaction(pool) as connection:
        assert await feed_doubts.clear(connection, BOT, NEXT_SECOND) == NEXT_SECOND
    assert (await claim(pool)).status == "sending"


async def test_a_chat_whose_episode_was_doubted_is_remembered_as_silent(pool: Pool) -> None:
    """Redis may lose the timer that was armed again."""
    await begin(pool)
    await doubt(pool, NEXT_SECOND)
    await claim(pool)
    ending = Report(BOT, CHAT, ONE, 10, status="cancelled", reason=Reason.DOUBTED, end=Reason.DOUBTED)
    await report_outcomes(pool, [ending], NEXT_SECOND)
    assert (await row(pool))["status"] == "cancelled"
    (again,) = await remembered_chats.remembered(pool, BOT, -1, SILENCE)
    assert (again.chat_id, again.cursor) == (CHAT, None)
    begun = await begin(pool, NEXT_SECOND, version=11)
    assert begun.fresh, "the silence since the doubt begins an episode of its own"


async def test_a_silence_whose_sequence_is_over_does_not_begin_again(pool: Pool) -> None:
    """Redis may arm it once more, from touches that are repeated."""
    await begin(pool)
    await claim(pool)
    await report_outcomes(pool, [Report(BOT, CHAT, ONE, 10, status="sent", end=Reason.COMPLETED)], SILENCE)
    await doubt(pool, NEXT_SECOND)
    begun = await begin(pool, version=11)
    assert (begun.fresh, begun.last_active_ms < NEXT_SECOND) == (False, True)


async def publish(pool: Pool, version: int, threshold_ms: int) -> None:
    await pool.execute(
        "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
        " VALUES ($1, $2, 1, jsonb_build_object('threshold_ms', $3::bigint), 0)",
        *(BOT, version, threshold_ms),
    )
    await pool.execute("UPDATE recovery_campaigns SET published_version = $2 WHERE bot_id = $1", BOT, version)


async def test_a_longer_threshold_does_not_hold_the_bot_for_an_old_doubt(pool: Pool) -> None:
    await publish(pool, 1, HOUR_MS)
    await doubt(pool, SILENCE)
    async with transaction(pool) as connection:
        assert await feed_doubts.read_again(connection, BOT, SILENCE)
    await publish(pool, 2, 300 * HOUR_MS)
    async with transaction(pool) as connection:
        found = await feed_doubts.load(connection, BOT, ())
    assert found
    assert found.held_until_ms == SILENCE + HOUR_MS
