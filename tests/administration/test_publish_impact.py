"""Whom a draft would move, counted on a real PostgreSQL: the numbers beside the button that publishes it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace

from engine.administration import campaign_views, campaigns, publish_impact
from engine.administration.publish_impact import Impact
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Text
from engine.core.schedule.step_schedule import After
from storage.postgres.pool import Pool, open_pool

BOT = 7
NOW = 1_800_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def step(key: str, delay_ms: int, *blocks: str, active: bool = True) -> Step:
    return Step(key, After(delay_ms), tuple(Block(name, Text(name)) for name in blocks or (f"{key}1",)), active)


A, B, C = step("a", 0), step("b", HOUR, "b1", "b2"), step("c", 2 * HOUR)
USUAL = Snapshot("UTC", (A, B, C), threshold_ms=10 * DAY)
OTHER_WORDS = replace(B, blocks=(Block("b1", Text("new")), Block("b2", Text("new"))))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A campaign that has been live for a month."""
    async with await open_pool(database_url) as pool:
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0)")
        await draft(pool)
        await campaigns.publish(pool, "shop", MINUTE, Change("ana", NOW - 30 * DAY))
        await campaigns.activate(pool, "shop", Change("ana", NOW - 30 * DAY))
        yield pool


async def draft(pool: Pool, *steps: Step, **settings: Any) -> None:
    wanted = replace(USUAL, **({"steps": steps} if steps else {}), **settings)
    await campaigns.import_draft(pool, "shop", wanted, MINUTE, Change("ana", NOW))


async def waits(pool: Pool, chat: int, due_ms: int, at: str = "b", *, block: str = "", version: int = 0) -> None:
    """Somebody has had what comes before this step, and waits; its due is told from now on."""
    episode = NOW - DAY - chat * 1000
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
        " VALUES (7, $1, $2, 1, $2)",
        *(chat, episode),
    )
    insert = (
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, anchor_at) VALUES (7, $1, $2, $3, $4, $5, $6, 1, $7, $8, $9)"
    )
    for ordinal, before in enumerate("abc"["abc".index(at) - 1 : "abc".index(at)]):
        await pool.execute(insert, chat, episode, before, f"{before}1", ordinal, "sent", 1, NOW, None)
    due = (version, NOW + due_ms, NOW + due_ms - HOUR)
    await pool.execute(insert, chat, episode, at, block or f"{at}1", 5, "scheduled", *due)


async def silent(pool: Pool, chat: int, for_ms: int, **other: int | None) -> None:
    columns = {"bot_id": BOT, "chat_id": chat, "last_active": NOW - for_ms, **other}
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    await pool.execute(f"INSERT INTO chats ({', '.join(columns)}) VALUES ({places})", *columns.values())


async def foresee(pool: Pool) -> Impact:
    return await publish_impact.foresee(pool, BOT, NOW)


async def test_other_words_move_nobody_and_those_who_are_due_are_told_all_the_same(pool: Pool) -> None:
    for chat, due_ms in ((1, MINUTE), (2, 9 * MINUTE), (3, HOUR)):
        await waits(pool, chat, due_ms)
    await draft(pool, A, OTHER_WORDS, C)
    assert await foresee(pool) == Impact(waiting=3, soon=2)


async def test_overdue_steps_and_the_rest_of_begun_steps_go_soon(pool: Pool) -> None:
    await waits(pool, 1, -MINUTE)
    await waits(pool, 2, MINUTE, block="b2", version=1)
    await waits(pool, 3, HOUR, block="b2", version=1)
    await draft(pool, A, OTHER_WORDS, C)
    assert (await foresee(pool)).soon == 2
    await draft(pool, A, step("b", 3 * HOUR, "b1", "b2"), C)
    assert await foresee(pool) == Impact(waiting=3, moved=1, soon=1)


async def test_a_step_that_is_too_late_does_not_go_soon(pool: Pool) -> None:
    await waits(pool, 1, -7 * HOUR)
    await draft(pool, A, OTHER_WORDS, C)
    assert (await foresee(pool)).soon == 0


async def test_nothing_of_a_paused_campaign_goes_soon(pool: Pool) -> None:
    await waits(pool, 1, MINUTE)
    await campaigns.pause(pool, "shop", Change("ana", NOW))
    await draft(pool, A, OTHER_WORDS, C)
    assert await foresee(pool) == Impact(waiting=1)


@pytest.mark.parametrize(
    "steps",
    [(A, C), (A, replace(B, active=False), C), (A, replace(B, blocks=(Block("b1", Text("b"), active=False),)), C)],
    ids=["deleted", "off", "emptied"],
)
async def test_people_waiting_for_a_deleted_step_continue_with_the_next_at_that_hour(
    pool: Pool, steps: tuple[Step, ...]
) -> None:
    await waits(pool, 1, MINUTE)
    await draft(pool, *steps)
    assert await foresee(pool) == Impact(waiting=1, gone=1)


async def test_people_waiting_for_a_deleted_step_get_the_next_one_soon_if_it_comes_at_once(pool: Pool) -> None:
    await waits(pool, 1, MINUTE)
    await draft(pool, A, step("c", 0))
    assert await foresee(pool) == Impact(waiting=1, gone=1, soon=1)


@pytest.mark.parametrize(
    ("at", "steps"),
    [("c", (A, B)), ("c", (A, B, replace(C, active=False))), ("b", (B, A))],
    ids=["deleted", "off", "before their place"],
)
async def test_for_whom_nothing_is_ahead_any_more_the_sequence_ends(
    pool: Pool, at: str, steps: tuple[Step, ...]
) -> None:
    await waits(pool, 1, MINUTE, at)
    await draft(pool, *steps)
    assert await foresee(pool) == Impact(waiting=1, ended=1)


async def test_a_shorter_threshold_makes_armed_silences_overdue(pool: Pool) -> None:
    await silent(pool, 1, HOUR)
    await silent(pool, 2, 5 * MINUTE)
    await silent(pool, 3, 11 * DAY)
    await draft(pool, threshold_ms=10 * MINUTE)
    assert (await foresee(pool)).overdue == 1


async def test_a_silence_from_before_the_activation_is_not_armed(pool: Pool) -> None:
    await silent(pool, 1, HOUR)
    await silent(pool, 2, 30 * MINUTE)
    await pool.execute("UPDATE recovery_campaigns SET activated_at = $1", NOW - 45 * MINUTE)
    await draft(pool, threshold_ms=10 * MINUTE)
    assert (await foresee(pool)).overdue == 1


@pytest.mark.parametrize(
    ("state", "overdue"), [("live", 1), ("shadow", 1), ("paused", 1), ("finishing", 0), ("stopped", 0)]
)
async def test_where_nothing_begins_no_silence_is_overdue(pool: Pool, state: str, *, overdue: int) -> None:
    await silent(pool, 1, HOUR)
    await pool.execute("UPDATE recovery_campaigns SET state = $1", state)
    await draft(pool, threshold_ms=10 * MINUTE)
    assert (await foresee(pool)).overdue == overdue


async def test_a_silence_that_has_had_its_episode_is_answered(pool: Pool) -> None:
    """Whether it is open, or over; one of an earlier silence answers nothing."""
    for chat in (1, 2, 3):
        await silent(pool, chat, HOUR)
    for chat, episode, reason in ((1, NOW - HOUR, None), (2, NOW - HOUR, "completed"), (3, NOW - DAY, "completed")):
        await pool.execute(
            "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)"
            " VALUES (7, $1, $2, 1, $2, $3, $4)",
            *(chat, episode, NOW if reason else None, reason),
        )
    await draft(pool, threshold_ms=10 * MINUTE)
    assert (await foresee(pool)).overdue == 1
    await pool.execute("UPDATE recovery_campaigns SET activated_at = $1", NOW)
    assert await campaign_views.count_silent(pool, BOT, NOW - 2 * HOUR) == 1


async def test_people_about_to_reach_the_threshold_are_counted_too(pool: Pool) -> None:
    await draft(pool, A, OTHER_WORDS, C, threshold_ms=20 * MINUTE)
    await campaigns.publish(pool, "shop", MINUTE, Change("ana", NOW))
    for chat, silent_ms in ((1, 9 * MINUTE), (2, 11 * MINUTE), (3, 50 * MINUTE), (4, 9 * HOUR)):
        await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active) VALUES (7, $1, $2)", chat, NOW - silent_ms)
    assert (await publish_impact.foresee(pool, BOT, NOW)).soon == 2
    await draft(pool, step("a", 30 * MINUTE), threshold_ms=20 * MINUTE)
    assert (await publish_impact.foresee(pool, BOT, NOW)).soon == 1
    await campaigns.finish(pool, "shop", Change("ana", NOW))
    assert (await publish_impact.foresee(pool, BOT, NOW)).soon == 0
