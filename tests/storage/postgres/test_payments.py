"""What a payment does to the rows: recorded once, final when refunded, credited to the last episode of its chat."""

from collections.abc import AsyncIterator

import pytest

from storage.postgres import payments
from storage.postgres.chats import Ended
from storage.postgres.message_rules import LATE_MS
from storage.postgres.payments import Earning, Payment, Recorded
from storage.postgres.pool import Pool, open_pool, transaction

BOT, CHAT = 7, 1
SILENT_MS = 1_800_000_000_000
PAID_MS = SILENT_MS + 5_000
NOW_MS = SILENT_MS + 9_000
PAYMENT = Payment(BOT, "c1", CHAT, 500, "BRL", "paid", PAID_MS)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        yield pool


async def episode(pool: Pool, ended: str | None = None, ended_at: int = NOW_MS, begun_ms: int = SILENT_MS) -> None:
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at, ended_at, reason)"
        " VALUES ($1, $2, $3, 1, $3, $4, $5)",
        *(BOT, CHAT, begun_ms, ended_at if ended else None, ended),
    )


async def delivery(pool: Pool, block: str, status: str, on_payment: str | None = None, sent_at: int = PAID_MS) -> None:
    await pool.execute(
        "INSERT INTO recovery_deliveries (bot_id, chat_id, episode_id, step_key, block_key, ordinal, status, version,"
        " campaign_version, due_at, sent_at, on_payment) VALUES ($1, $2, $3, 's', $4, 0, $5, 1, 1, $3, $6, $7)",
        *(BOT, CHAT, SILENT_MS, block, status, sent_at if status == "sent" else None, on_payment),
    )


async def record(pool: Pool, *several: Payment) -> list[Recorded]:
    async with transaction(pool) as connection:
        return await payments.record(connection, several)


async def earn(pool: Pool, *, paid_at: int = PAID_MS, skips: bool = True, unsent: bool = False) -> list[Ended]:
    async with transaction(pool) as connection:
        return await payments.earn(connection, [Earning(BOT, CHAT, paid_at, skips, unsent)], NOW_MS)


async def stands(pool: Pool) -> tuple[str | None, int | None]:
    row = await pool.fetchrow("SELECT reason, paid_at FROM recovery_episodes ORDER BY episode_id DESC LIMIT 1")
    assert row is not None
    return row["reason"], row["paid_at"]


async def after(pool: Pool, block: str) -> tuple[int | None, int | None, str | None]:
    row = await pool.fetchrow(
        "SELECT delete_at, edit_at, edit_for FROM recovery_deliveries WHERE block_key = $1", block
    )
    assert row is not None
    return row["delete_at"], row["edit_at"], row["edit_for"]


async def test_a_payment_is_recorded_once(pool: Pool) -> None:
    assert await record(pool, PAYMENT) == [Recorded("paid", None, known_chat=False, skips=True)]
    await pool.execute("INSERT INTO chats (bot_id, chat_id, last_active) VALUES ($1, $2, 0)", BOT, CHAT)
    assert await record(pool, PAYMENT) == [Recorded("paid", "paid", known_chat=True, skips=True)]
    assert await pool.fetchval("SELECT count(*) FROM payments") == 1


async def test_a_refund_is_final_in_any_order(pool: Pool) -> None:
    late = PAYMENT._replace(external_id="c2")
    refunds = [one._replace(status="refunded") for one in (PAYMENT, late)]
    await record(pool, PAYMENT)
    assert [one.status for one in await record(pool, *refunds)] == ["refunded", "refunded"]
    assert [one.status for one in await record(pool, PAYMENT, late)] == ["refunded", "refunded"]


@pytest.mark.parametrize(
    "other", [PAYMENT._replace(chat_id=2), PAYMENT._replace(amount=501), PAYMENT._replace(currency="XTR")]
)
async def test_the_same_id_for_another_payment_is_a_conflict_and_changes_nothing(pool: Pool, other: Payment) -> None:
    await record(pool, PAYMENT)
    changed = other._replace(status="refunded")
    other_bot = changed._replace(bot_id=8)
    assert [one.status for one in await record(pool, changed, other_bot)] == [None, "refunded"]
    assert await pool.fetchval("SELECT status FROM payments WHERE bot_id = $1", BOT) == "paid"
    async with transaction(pool) as connection:
        assert await payments.conflicts(connection, [PAYMENT]) == set()
        assert await payments.conflicts(connection, [changed]) == {"c1"}


async def test_the_published_campaign_says_whether_customers_are_left_alone(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', '', 0);"
        "INSERT INTO recovery_campaigns (bot_id, threshold_ms, zone, lateness_ms, published_version)"
        " VALUES (7, 1, 'UTC', 1, 2);"
        "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
        """ VALUES (7, 1, 1, '{"skip_paid": true}', 0), (7, 2, 1, '{"skip_paid": false}', 0)"""
    )
    assert not (await record(pool, PAYMENT))[0].skips


@pytest.mark.parametrize(("unsent", "status"), [(True, "cancelled"), (False, "sending")])
async def test_a_payment_ends_the_open_episode_and_is_credited(pool: Pool, *, unsent: bool, status: str) -> None:
    await episode(pool)
    await delivery(pool, "one", "sending")
    assert await earn(pool, unsent=unsent) == [Ended(BOT, CHAT, SILENT_MS)]
    assert await stands(pool) == ("paid", PAID_MS)
    assert await pool.fetchval("SELECT status FROM recovery_deliveries") == status
    assert await earn(pool) == []


async def test_what_is_not_skipped_goes_on_and_is_credited_once(pool: Pool) -> None:
    await episode(pool)
    await delivery(pool, "one", "scheduled")
    assert await earn(pool, skips=False) == []
    assert await earn(pool, skips=False, paid_at=NOW_MS) == []
    assert await stands(pool) == (None, PAID_MS)
    assert await pool.fetchval("SELECT status FROM recovery_deliveries") == "scheduled"


@pytest.mark.parametrize("paid_at", [SILENT_MS - 5_000, SILENT_MS + 1])
async def test_a_payment_older_than_the_silence_ends_it_without_credit(pool: Pool, paid_at: int) -> None:
    await episode(pool)
    assert len(await earn(pool, paid_at=paid_at)) == 1
    assert await stands(pool) == ("paid", None)


@pytest.mark.parametrize(("ago_ms", "paid_at"), [(LATE_MS - 1, PAID_MS), (LATE_MS, None)])
async def test_an_episode_that_ended_within_two_days_before_is_credited(
    pool: Pool, ago_ms: int, paid_at: int | None
) -> None:
    begun_ms = PAID_MS - ago_ms - 60_000
    await episode(pool, "completed", PAID_MS - ago_ms, begun_ms)
    assert await earn(pool) == []
    assert await stands(pool) == ("completed", paid_at)


async def test_only_the_last_episode_is_credited(pool: Pool) -> None:
    await episode(pool, "returned", PAID_MS, SILENT_MS - 60_000)
    await episode(pool)
    await earn(pool)
    rows = await pool.fetch("SELECT paid_at FROM recovery_episodes ORDER BY episode_id")
    assert [row["paid_at"] for row in rows] == [None, PAID_MS]


async def test_after_a_payment_each_message_follows_its_rule(pool: Pool) -> None:
    await episode(pool, "completed")
    for rule in ("delete", "unbutton", "replace"):
        await delivery(pool, rule, "sent", rule)
    await delivery(pool, "none", "sent")
    await delivery(pool, "old", "sent", "delete", NOW_MS - LATE_MS)
    await delivery(pool, "gone", "sent", "replace")
    await pool.execute("UPDATE recovery_deliveries SET deleted_at = $1 WHERE block_key = 'gone'", PAID_MS)
    await earn(pool)
    assert await after(pool, "delete") == (NOW_MS, None, None)
    assert await after(pool, "unbutton") == await after(pool, "replace") == (None, NOW_MS, "paid")
    assert await after(pool, "none") == await after(pool, "old") == await after(pool, "gone") == (None, None, None)


async def test_what_was_sent_after_the_payment_was_known_has_crossed_it(pool: Pool) -> None:
    await episode(pool)
    await delivery(pool, "before", "sent", sent_at=NOW_MS)
    await delivery(pool, "after", "sent", sent_at=NOW_MS + 1)
    await earn(pool)
    rows = await pool.fetch("SELECT block_key FROM recovery_deliveries WHERE crossed")
    assert [row["block_key"] for row in rows] == ["after"]
