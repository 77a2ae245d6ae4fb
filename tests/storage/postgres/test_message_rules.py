"""What happens to messages when their person comes back: in each statement that ends an episode, and in reports."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.core.delivery.cursor import Cursor
from storage.postgres import chats, payments
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.report import Aftermath, Report, report_outcomes
from storage.postgres.payments import Earning
from storage.postgres.pool import Pool, open_pool, transaction

BOT, CHAT = 7, 1
SILENT_MS = 1_800_000_000_000
SENT_MS = SILENT_MS + 2_000
BACK_MS = SILENT_MS + 5_000
NOW_MS = SILENT_MS + 9_000
LATER_MS = NOW_MS + 1_000


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        yield pool


async def silence(pool: Pool, rule: str | None, status: str = "sent", ended: str | None = None, **more: Any) -> None:
    """An episode with one delivery, whose rule is the same for a return and a payment."""
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)"
        " VALUES ($1, $2, $3, 1, $3, $4, $5)",
        *(BOT, CHAT, SILENT_MS, SENT_MS if ended else None, ended),
    )
    columns = {"sent_at": SENT_MS if status == "sent" else None, "on_return": rule, "on_payment": rule, **more}
    await pool.execute(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        f" campaign_version, due_at, {', '.join(columns)}) VALUES ($1, $2, $3, 's', 'b', 0, $4, 1, 1, $3,"
        f" {', '.join(f'${place}' for place in range(5, 5 + len(columns)))})",
        *(BOT, CHAT, SILENT_MS, status, *columns.values()),
    )


async def come_back(pool: Pool, now_ms: int = NOW_MS) -> None:
    async with transaction(pool) as connection:
        await chats.flush(connection, [Life(BOT, CHAT, BACK_MS)], now_ms)


async def fall_silent_again(pool: Pool) -> None:
    await begin_episodes(pool, [Beginning(BOT, CHAT, BACK_MS, 2, 1, "s", "b", NOW_MS)], NOW_MS)


async def pay(pool: Pool, now_ms: int = NOW_MS) -> None:
    async with transaction(pool) as connection:
        await payments.earn(connection, [Earning(BOT, CHAT, BACK_MS, skips=True, unsent=False)], now_ms)


async def opt_out(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await chats.conclude(connection, [(BOT, CHAT, False)], "opted_out", NOW_MS)


async def record_sent(pool: Pool) -> bool:
    """The poller learns only now that the message arrived."""
    rules = Aftermath(on_return="unbutton", on_payment="unbutton")
    cursor = Cursor(SILENT_MS, 0, "s", "b", 1)
    sent = Report(BOT, CHAT, cursor, 1, status="sent", fact=True, message_ids=(5,), aftermath=rules)
    (reported,) = await report_outcomes(pool, [sent], LATER_MS)
    return reported.crossed


async def due(pool: Pool) -> tuple[int | None, int | None, str | None]:
    row = await pool.fetchrow(
        "SELECT delete_at, edit_at, edit_for FROM recovery_deliveries WHERE episode_id = $1", SILENT_MS
    )
    assert row is not None
    return row["delete_at"], row["edit_at"], row["edit_for"]


RULES = [
    ("delete", (NOW_MS, None, None)),
    ("unbutton", (None, NOW_MS, "returned")),
    ("replace", (None, NOW_MS, "returned")),
    (None, (None, None, None)),
]


@pytest.mark.parametrize(("rule", "then"), RULES)
@pytest.mark.parametrize("closer", [come_back, fall_silent_again])
async def test_a_return_makes_each_rule_due(pool: Pool, closer: Any, rule: str | None, then: Any) -> None:
    await silence(pool, rule)
    await closer(pool)
    assert await due(pool) == then


async def test_a_return_after_the_end_makes_the_rules_due_once(pool: Pool) -> None:
    await silence(pool, "unbutton", ended="completed")
    await come_back(pool)
    await come_back(pool, LATER_MS)
    assert await due(pool) == (None, NOW_MS, "returned")


@pytest.mark.parametrize(("delete_at", "then"), [(NOW_MS - 5, NOW_MS - 5), (NOW_MS + 5, NOW_MS)])
async def test_a_deletion_is_only_ever_brought_forward(pool: Pool, delete_at: int, then: int) -> None:
    await silence(pool, "delete", delete_at=delete_at)
    await come_back(pool)
    assert (await due(pool))[0] == then


async def test_a_payment_has_the_last_word(pool: Pool) -> None:
    await silence(pool, "replace")
    await come_back(pool)
    await pool.execute("UPDATE recovery_deliveries SET edited_at = $1, edit_refusal = 'x'", NOW_MS)
    await pay(pool, LATER_MS)
    assert await due(pool) == (None, LATER_MS, "paid")
    (again,) = await pool.fetch("SELECT edited_at, edit_refusal FROM recovery_deliveries")
    assert tuple(again) == (None, None)


async def test_a_return_does_not_undo_what_a_payment_changed(pool: Pool) -> None:
    await silence(pool, "replace")
    await pay(pool)
    await come_back(pool, LATER_MS)
    assert await due(pool) == (None, NOW_MS, "paid")


@pytest.mark.parametrize(
    ("closer", "then"),
    [
        (come_back, (None, LATER_MS, "returned")),
        (pay, (None, LATER_MS, "paid")),
        (opt_out, (None, None, None)),
    ],
)
async def test_what_is_recorded_late_has_crossed_and_follows_its_rule(pool: Pool, closer: Any, then: Any) -> None:
    await silence(pool, None, "sending")
    await closer(pool)
    assert await record_sent(pool)
    assert await due(pool) == then


async def test_what_is_recorded_after_a_completed_end_has_crossed_nothing(pool: Pool) -> None:
    await silence(pool, None, "sending", ended="completed")
    assert not await record_sent(pool)
    assert await due(pool) == (None, None, None)
