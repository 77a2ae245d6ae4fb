"""Due deletions and edits on a real PostgreSQL: which are read, in which order, and what is noted."""

from collections.abc import AsyncIterator

import pytest

from storage.postgres import message_sweeps
from storage.postgres.message_sweeps import Leftover, Limit, Swept
from storage.postgres.pool import Pool, open_pool, transaction

BOT, OTHER, CHAT = 7, 8, 41
SILENCE = 1_800_000_000_000
NOW = SILENCE + 60_000

_SENT = """
INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,
    campaign_version, due_at, sent_at, message_ids, delete_at, edit_at, edit_for)
VALUES ($1, $2, $3, 'hello', $4, 0, $5, 1, 3, $3, $3, $6, $7, $8, $9)
"""


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active, language) VALUES (7, 41, 0, 'pt-br')")
        yield pool


async def sent(
    pool: Pool,
    block: str = "one",
    bot: int = BOT,
    status: str = "sent",
    delete_at: int | None = None,
    edit_at: int | None = None,
) -> None:
    edit_for = None if edit_at is None else "paid"
    await pool.execute(_SENT, bot, CHAT, SILENCE, block, status, [9, 10], delete_at, edit_at, edit_for)


def leftover(block: str = "one", edit_for: str | None = None) -> Leftover:
    return Leftover(BOT, CHAT, SILENCE, "hello", block, (9, 10), 3, edit_for, None, None, "pt-br")


async def due(pool: Pool, *limits: Limit) -> list[Leftover]:
    return await message_sweeps.due(pool, limits, NOW)


async def test_what_is_due_is_found_with_all_that_is_needed_for_it(pool: Pool) -> None:
    await sent(pool, "one", delete_at=NOW)
    await sent(pool, "two", delete_at=NOW + 1)
    await sent(pool, "three", edit_at=NOW)
    await sent(pool, "four")
    assert await due(pool, Limit(BOT, 9, 0)) == [leftover()]
    assert await due(pool, Limit(BOT, 0, 9)) == [leftover("three", "paid")]
    assert await due(pool, Limit(BOT, 9, 9)) == [leftover(), leftover("three", "paid")]


async def test_messages_are_counted_that_are_still_to_be_deleted(pool: Pool) -> None:
    """Each message of an album counts."""
    async with transaction(pool) as connection:
        assert await message_sweeps.count_timed(connection, BOT) == 0
    await sent(pool, "one", delete_at=NOW)
    await sent(pool, "two", delete_at=NOW + 1)
    await sent(pool, "three", edit_at=NOW)
    await sent(pool, "four", status="unknown", delete_at=NOW)
    await sent(pool, "one", bot=OTHER, delete_at=NOW)
    async with transaction(pool) as connection:
        assert await message_sweeps.count_timed(connection, BOT) == 4


async def test_only_what_was_sent_is_swept(pool: Pool) -> None:
    await sent(pool, status="unknown", delete_at=NOW)
    assert await due(pool, Limit(BOT, 9, 0)) == []


async def test_the_oldest_come_first_and_no_more_than_asked_for_of_each_bot(pool: Pool) -> None:
    for place, block in enumerate("abc"):
        await sent(pool, block, delete_at=NOW - place)
        await sent(pool, block, bot=OTHER, delete_at=NOW - 10 - place)
    found = await due(pool, Limit(BOT, 2, 0))
    assert [(one.bot_id, one.block) for one in found] == [(BOT, "c"), (BOT, "b")]
    both = await due(pool, Limit(BOT, 1, 0), Limit(OTHER, 1, 0))
    assert {one.bot_id for one in both} == {BOT, OTHER}


async def test_what_is_done_is_noted_and_not_found_again(pool: Pool) -> None:
    await sent(pool, "one", delete_at=NOW)
    await sent(pool, "three", edit_at=NOW)
    await message_sweeps.note(pool, [Swept(leftover(), None), Swept(leftover("three", "paid"), None)], NOW + 5)
    assert await due(pool, Limit(BOT, 9, 0)) == []
    assert await due(pool, Limit(BOT, 0, 9)) == []
    rows = await pool.fetch("SELECT block_key, deleted_at, edited_at FROM recovery_deliveries ORDER BY block_key")
    assert [tuple(row) for row in rows] == [("one", NOW + 5, None), ("three", None, NOW + 5)]


async def test_what_telegram_refuses_is_noted_and_not_tried_again(pool: Pool) -> None:
    await sent(pool, delete_at=NOW)
    await message_sweeps.note(pool, [Swept(leftover(), "message can't be deleted")], NOW)
    assert await due(pool, Limit(BOT, 9, 0)) == []
    row = await pool.fetchrow("SELECT deleted_at, delete_refusal FROM recovery_deliveries")
    assert row
    assert tuple(row) == (None, "message can't be deleted")


@pytest.mark.parametrize("refusal", [None, "message can't be edited"])
async def test_a_deletion_that_follows_an_edit_is_still_done(pool: Pool, refusal: str | None) -> None:
    await sent(pool, delete_at=NOW, edit_at=NOW)
    await message_sweeps.note(pool, [Swept(leftover(edit_for="paid"), refusal)], NOW)
    assert await due(pool, Limit(BOT, 0, 9)) == []
    assert await due(pool, Limit(BOT, 9, 0)) == [leftover()]
