"""What fire is compared with, on real servers: the claim script alone, and the rows alone."""

import pytest

from bench.harness.bare_redis import bare_redis
from bench.questions.fire.raw import CONNECTIONS, RawClaim, RawStatements
from engine.poller.batched_io import DOORS_AT_ONCE
from storage.postgres.deliveries.begin import begin_episodes
from storage.postgres.pool import Pool
from storage.redis.client import open_redis
from storage.redis.timers import BATCH
from tests.storage.postgres.deliveries import one_chat

SIZE = 3 * BATCH
POLLERS = 2
DOORS = 3
"""Of a poller to PostgreSQL: begin, claim and report."""
DONE = """
SELECT count(*) FROM recovery_deliveries d JOIN recovery_episodes e USING (bot_id, chat_id, episode_id)
WHERE d.status = 'sent' AND d.sent_at IS NOT NULL AND e.ended_at IS NOT NULL
"""
FILLED = """
SELECT DISTINCT filled FROM {table} t, jsonb_object_keys(jsonb_strip_nulls(to_jsonb(t))) filled
WHERE (bot_id = $1) = $2
"""


async def test_every_timer_is_claimed_in_every_turn(redis_url: str) -> None:
    async with open_redis(redis_url) as client, bare_redis(redis_url) as connection:
        claim = RawClaim(client, connection, SIZE)
        for _ in range(2):
            await claim.arm()
            assert await claim() == SIZE


async def test_every_row_is_written_in_every_turn(redis_url: str, pool: Pool) -> None:
    async with open_redis(redis_url) as client:
        statements = RawStatements(pool, client, SIZE)
        for turn in (1, 2):
            assert await statements() == SIZE
            assert await pool.fetchval(DONE) == turn * SIZE


@pytest.mark.parametrize("table", ["chats", "recovery_episodes", "recovery_deliveries"])
async def test_the_rows_alone_fill_the_columns_that_the_engine_fills(redis_url: str, pool: Pool, table: str) -> None:
    await pool.execute(one_chat.LIVE)
    begins = one_chat.beginning()._replace(anchor_ms=one_chat.NOW, claiming=one_chat.claiming())
    await begin_episodes(pool, [begins], one_chat.NOW)
    await one_chat.report(pool, status="sent", fact=True, message_ids=(1,), end="completed")
    async with open_redis(redis_url) as client:
        await RawStatements(pool, client, BATCH)()
    engine, raw = [
        {row["filled"] for row in await pool.fetch(FILLED.format(table=table), one_chat.BOT, ours)}
        for ours in (True, False)
    ]
    assert engine
    assert raw == engine


def test_the_rows_alone_have_no_fewer_batches_under_way_than_the_pollers() -> None:
    """Or they would be no ceiling."""
    assert CONNECTIONS >= POLLERS * DOORS * DOORS_AT_ONCE
