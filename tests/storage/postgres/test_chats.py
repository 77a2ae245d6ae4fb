"""What a sign of life, a block and an opt-out do to the rows of a chat."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from storage.postgres import chats
from storage.postgres.chats import Ended, Life
from storage.postgres.pool import Pool, open_pool, transaction
from tests.blocked import blocked

BOT, CHAT = 7, 1
SILENT_MS = 1_700_000_000_000
BACK_MS = SILENT_MS + 5_000
NOW_MS = SILENT_MS + 9_000


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    pool = await open_pool(database_url)
    yield pool
    await pool.close()


async def episode(pool: Pool, status: str, sent_at: int | None = None, ended: str | None = None) -> None:
    """A silence of the chat with one delivery."""
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)"
        " VALUES ($1, $2, $3, 1, $3, $4, $5)",
        *(BOT, CHAT, SILENT_MS, NOW_MS if ended else None, ended),
    )
    await pool.execute(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, sent_at) VALUES ($1, $2, $3, 's', 'b', 0, $4, 1, 1, $3, $5)",
        *(BOT, CHAT, SILENT_MS, status, sent_at),
    )


async def flush(pool: Pool, *lives: Life) -> list[Ended]:
    async with transaction(pool) as connection:
        return await chats.flush(connection, lives, NOW_MS)


async def ending(pool: Pool) -> tuple[str | None, int | None]:
    row = await pool.fetchrow("SELECT reason, returned_at FROM recovery_episodes")
    assert row is not None
    return row["reason"], row["returned_at"]


async def delivery(pool: Pool) -> tuple[str, str | None, bool]:
    row = await pool.fetchrow("SELECT status, reason, crossed FROM recovery_deliveries")
    assert row is not None
    return row["status"], row["reason"], row["crossed"]


async def test_a_newer_sign_ends_the_silence_and_cancels_what_was_scheduled(pool: Pool) -> None:
    await episode(pool, "scheduled")
    assert await flush(pool, Life(BOT, CHAT, BACK_MS)) == [Ended(BOT, CHAT, SILENT_MS)]
    assert await ending(pool) == ("returned", BACK_MS)
    assert await delivery(pool) == ("cancelled", "returned", False)


async def test_a_sign_of_the_same_second_ends_nothing(pool: Pool) -> None:
    await episode(pool, "scheduled")
    assert await flush(pool, Life(BOT, CHAT, SILENT_MS + 999)) == []
    assert await ending(pool) == (None, None)
    assert await delivery(pool) == ("scheduled", None, False)


@pytest.mark.parametrize(("unsent", "status"), [(True, "cancelled"), (False, "sending")])
async def test_a_send_under_way_is_cancelled_only_if_it_surely_never_left(
    pool: Pool,
    *,
    unsent: bool,
    status: str,
) -> None:
    await episode(pool, "sending")
    await flush(pool, Life(BOT, CHAT, BACK_MS, unsent_episode=SILENT_MS if unsent else None))
    assert (await delivery(pool))[0] == status


async def test_what_never_left_says_nothing_of_another_episode(pool: Pool) -> None:
    await episode(pool, "sending")
    await flush(pool, Life(BOT, CHAT, BACK_MS, unsent_episode=SILENT_MS - 60_000))
    assert (await delivery(pool))[0] == "sending"


@pytest.mark.parametrize(("sent_at", "crossed"), [(BACK_MS + 1, True), (BACK_MS - 1, False)])
async def test_what_was_sent_after_the_sign_has_crossed_it(
    pool: Pool,
    *,
    sent_at: int,
    crossed: bool,
) -> None:
    await episode(pool, "sent", sent_at)
    await flush(pool, Life(BOT, CHAT, BACK_MS))
    assert await delivery(pool) == ("sent", None, crossed)


async def test_a_return_after_the_end_is_credited_once(pool: Pool) -> None:
    await episode(pool, "sent", SILENT_MS + 1, ended="completed")
    assert await flush(pool, Life(BOT, CHAT, BACK_MS)) == []
    await flush(pool, Life(BOT, CHAT, BACK_MS + 60_000))
    assert await ending(pool) == ("completed", BACK_MS)


_KNOWN = Life(BOT, CHAT, BACK_MS, "Ana", "ana", "pt")


@pytest.mark.parametrize(
    ("life", "news"),
    [
        (_KNOWN, False),
        (_KNOWN._replace(last_active_ms=SILENT_MS), False),
        (Life(BOT, CHAT, BACK_MS), False),
        (Life(BOT, CHAT, BACK_MS, username="ana"), False),
        (_KNOWN._replace(last_active_ms=BACK_MS + 1), True),
        (_KNOWN._replace(first_name="Anna"), True),
        (_KNOWN._replace(username="anna"), True),
        (_KNOWN._replace(language="en"), True),
        (Life(BOT, CHAT, SILENT_MS, language="en"), True),
    ],
)
async def test_a_row_is_written_again_only_for_news_and_locked_anyhow(pool: Pool, life: Life, *, news: bool) -> None:
    await flush(pool, _KNOWN)
    before = await pool.fetchval("SELECT ctid::text FROM chats")
    async with transaction(pool) as connection:
        await chats.flush(connection, [life], NOW_MS)
        assert await pool.fetch("SELECT FROM chats FOR UPDATE SKIP LOCKED") == []
    assert (await pool.fetchval("SELECT ctid::text FROM chats") != before) is news


async def test_a_sign_newer_than_a_block_but_not_than_another_sign_makes_the_chat_reachable(pool: Pool) -> None:
    await flush(pool, _KNOWN)
    async with transaction(pool) as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], SILENT_MS)
    await flush(pool, _KNOWN)
    assert await pool.fetchval("SELECT unreachable_since FROM chats") is None


async def test_last_activity_never_goes_back_and_names_stay(pool: Pool) -> None:
    await flush(pool, Life(BOT, CHAT, BACK_MS, "Ana", "ana", "pt"), Life(BOT, 0, BACK_MS))
    await flush(pool, Life(BOT, CHAT, SILENT_MS))
    row = await pool.fetchrow("SELECT last_active, first_name, username, language FROM chats WHERE chat_id = $1", CHAT)
    assert row is not None
    assert tuple(row) == (BACK_MS, "Ana", "ana", "pt")


async def test_an_odd_name_does_not_hold_the_others_back(pool: Pool) -> None:
    await flush(pool, Life(BOT, 1, BACK_MS, "A\x00na"), Life(BOT, 2, BACK_MS, "B\ud800"), Life(BOT, 3, BACK_MS, "Caio"))
    rows = await pool.fetch("SELECT first_name FROM chats ORDER BY chat_id")
    assert [row["first_name"] for row in rows] == ["Ana", "B?", "Caio"]


async def unreachable(pool: Pool, at_ms: int) -> int | None:
    async with transaction(pool) as connection:
        await chats.mark_unreachable(connection, [(BOT, CHAT)], at_ms)
    since: int | None = await pool.fetchval("SELECT unreachable_since FROM chats")
    return since


async def test_a_newer_sign_makes_a_chat_reachable_again_and_an_older_one_does_not(pool: Pool) -> None:
    assert await unreachable(pool, BACK_MS) == BACK_MS
    await flush(pool, Life(BOT, CHAT, BACK_MS - 1))
    assert await pool.fetchval("SELECT unreachable_since FROM chats") == BACK_MS
    await flush(pool, Life(BOT, CHAT, BACK_MS + 1))
    assert await pool.fetchval("SELECT unreachable_since FROM chats") is None


async def test_a_block_that_is_older_than_the_last_sign_marks_nothing(pool: Pool) -> None:
    await flush(pool, Life(BOT, CHAT, BACK_MS))
    assert await unreachable(pool, BACK_MS - 2_000) is None


@pytest.mark.parametrize(("unsent", "status"), [(True, "cancelled"), (False, "sending")])
async def test_a_conclusion_ends_the_open_episode_for_its_reason(
    pool: Pool,
    *,
    unsent: bool,
    status: str,
) -> None:
    await episode(pool, "sending")
    async with transaction(pool) as connection:
        assert await chats.conclude(connection, [(BOT, CHAT, unsent)], "opted_out", NOW_MS) == [
            Ended(BOT, CHAT, SILENT_MS)
        ]
        assert await chats.conclude(connection, [(BOT, CHAT, unsent)], "stopped", NOW_MS) == []
    assert await ending(pool) == ("opted_out", None)
    assert (await delivery(pool))[0] == status


async def test_an_end_of_old_silences_leaves_one_that_begins_meanwhile(pool: Pool) -> None:
    """It waits for whoever ends the old one and begins the new one, and then finds nothing to end."""
    await episode(pool, "scheduled")
    async with transaction(pool) as connection:
        await chats.conclude(connection, [(BOT, CHAT, False)], "doubted", NOW_MS)
        await connection.execute(
            "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
            " VALUES ($1, $2, $3, 1, $3)",
            *(BOT, CHAT, BACK_MS),
        )
        ending = asyncio.create_task(chats.conclude_all(pool, BOT, "doubted", SILENT_MS, NOW_MS))
        await blocked(pool)
    assert await ending == 0
    assert await pool.fetchval("SELECT episode_id FROM recovery_episodes WHERE ended_at IS NULL") == BACK_MS


@pytest.mark.parametrize(
    ("reason", "sent_at", "crossed"),
    [("opted_out", NOW_MS + 1, True), ("opted_out", NOW_MS, False), ("stopped", NOW_MS + 1, False)],
)
async def test_what_was_sent_after_the_persons_own_end_has_crossed_it(
    pool: Pool, reason: str, sent_at: int, *, crossed: bool
) -> None:
    await episode(pool, "sent", sent_at)
    async with transaction(pool) as connection:
        await chats.conclude(connection, [(BOT, CHAT, False)], reason, NOW_MS)
    assert await delivery(pool) == ("sent", None, crossed)


async def test_an_opt_out_stands_from_its_first_moment_until_it_is_taken_back(pool: Pool) -> None:
    async with transaction(pool) as connection:
        for at_ms in (BACK_MS, NOW_MS):
            await chats.opt_out(connection, Life(BOT, CHAT, at_ms, "Ana", None, "pt"))
        (row,) = await connection.fetch("SELECT opted_out_at, first_name FROM chats")
        assert tuple(row) == (BACK_MS, "Ana")
        await chats.opt_in(connection, BOT, CHAT)
        assert await connection.fetchval("SELECT opted_out_at FROM chats") is None
