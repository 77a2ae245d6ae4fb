"""What admins do with a campaign, on a real PostgreSQL: the change, its audit, and the refusals."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import msgspec
import pytest

from engine.administration import campaign_views
from engine.administration import campaigns as administration
from engine.administration.campaign_views import History, Version
from engine.core.campaign.forecast import PlannedStep
from engine.core.campaign.lifecycle import State
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Asset, Media, Text
from engine.core.errors import CampaignError, NotFoundError, StaleError, UnreachableError
from engine.core.schedule.step_schedule import After, OnDay
from engine.poller import reaper
from storage.postgres import campaigns, chats, media
from storage.postgres.pool import Pool, open_pool
from tests.blocked import blocked

MINUTE, DAY = 60_000, 86_400_000
BOT, OTHER = 7, 8
Act: TypeAlias = Callable[[Pool, str, Change], Awaitable[State]]
CHANGE = Change(actor="ana", at=1_000)
LATER = Change(actor="bia", at=2_000)

DRAFT = Snapshot(
    zone="America/Sao_Paulo",
    threshold_ms=20 * MINUTE,
    skip_paid=False,
    lateness_ms=60 * MINUTE,
    steps=(
        Step(
            key="z-first",
            schedule=After(MINUTE),
            blocks=(
                Block(key="y", content=Text("<b>Olá</b> 'você' \\ 👍\n")),
                Block(key="x", content=Text("2"), delay_ms=5, active=False),
            ),
        ),
        Step(key="a-second", schedule=OnDay(3, 18, 0), blocks=(Block(key="y", content=Text("3")),), active=False),
    ),
)
EDITED = msgspec.structs.replace(DRAFT, threshold_ms=30 * MINUTE, steps=DRAFT.steps[:1])


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        for bot_id, name in ((BOT, "Shop_bot"), (OTHER, "club_bot")):
            await pool.execute(
                "INSERT INTO bots (id, username, token, created_at) VALUES ($1, $2, '', 0)", bot_id, name
            )
        yield pool


async def audit(pool: Pool) -> list[tuple[str, int, int | None, str]]:
    rows = await pool.fetch("SELECT actor, at, bot_id, action FROM audit_log ORDER BY id")
    return [tuple(row) for row in rows]


async def imported(pool: Pool, draft: Snapshot = DRAFT, change: Change = CHANGE) -> int:
    return await administration.import_draft(pool, "@shop_bot", draft, MINUTE, change)


async def published(pool: Pool, draft: Snapshot = DRAFT) -> int:
    await imported(pool, draft)
    return await administration.publish(pool, "@shop_bot", MINUTE, CHANGE)


async def test_a_draft_is_stored_whole_and_in_order(pool: Pool) -> None:
    assert await imported(pool) == 1
    async with pool.acquire() as connection:
        assert await campaigns.load_draft(connection, BOT) == DRAFT
        assert await campaigns.load_draft(connection, OTHER) is None


async def test_a_second_import_replaces_the_draft_and_keeps_both_in_the_audit(pool: Pool) -> None:
    await imported(pool)
    assert await imported(pool, EDITED, LATER) == 2
    async with pool.acquire() as connection:
        assert await campaigns.load_draft(connection, BOT) == EDITED
    assert await audit(pool) == [("ana", 1_000, BOT, "campaign.draft"), ("bia", 2_000, BOT, "campaign.draft")]
    rows = await pool.fetch("SELECT before, after FROM audit_log ORDER BY id")
    documents = [value and json.loads(value)["threshold_ms"] for row in rows for value in row]
    assert documents == [None, DRAFT.threshold_ms, DRAFT.threshold_ms, EDITED.threshold_ms]


async def test_the_same_import_twice_is_one_change(pool: Pool) -> None:
    assert [await imported(pool), await imported(pool, change=LATER)] == [1, 1]
    assert len(await audit(pool)) == 1


async def test_a_draft_that_cannot_be_sent_is_refused_and_changes_nothing(pool: Pool) -> None:
    await imported(pool)
    with pytest.raises(CampaignError, match="nothing to send"):
        await imported(pool, msgspec.structs.replace(DRAFT, steps=()))
    async with pool.acquire() as connection:
        assert await campaigns.load_draft(connection, BOT) == DRAFT


async def test_a_failed_write_leaves_neither_draft_nor_audit(pool: Pool) -> None:
    await pool.execute("ALTER TABLE audit_log ADD CONSTRAINT full_disk CHECK (actor <> 'ana')")
    with pytest.raises(UnreachableError):
        await imported(pool)
    assert await pool.fetchval("SELECT count(*) FROM recovery_campaigns") == 0
    assert await pool.fetchval("SELECT count(*) FROM recovery_steps") == 0


async def test_a_published_version_does_not_change_with_the_draft(pool: Pool) -> None:
    assert await published(pool) == 1
    await imported(pool, EDITED)
    async with pool.acquire() as connection:
        assert await campaigns.load_published(connection, BOT) == (1, DRAFT)
    assert await administration.publish(pool, "@shop_bot", MINUTE, LATER) == 2
    async with pool.acquire() as connection:
        assert await campaigns.load_published(connection, BOT) == (2, EDITED)
        assert await campaigns.load_version(connection, BOT, 1) == DRAFT
        assert await campaigns.load_version(connection, BOT, 3) is None
        assert await campaigns.load_published(connection, OTHER) is None


async def test_publishing_twice_without_a_change_is_one_version(pool: Pool) -> None:
    assert [await published(pool), await published(pool)] == [1, 1]
    assert [action for *_, action in await audit(pool)] == ["campaign.draft", "campaign.publish"]


async def test_an_admin_waits_for_the_other_and_then_sees_what_he_did(pool: Pool) -> None:
    await imported(pool)
    async with pool.acquire() as first:
        async with first.transaction():
            assert await campaigns.lock_bot(first, "shop_bot") == BOT
            second = asyncio.create_task(administration.publish(pool, "@shop_bot", MINUTE, LATER))
            await blocked(pool)
            assert await campaigns.publish(first, BOT, DRAFT, CHANGE) == 1
        assert await second == 1
    assert [actor for actor, *_, action in await audit(pool) if action == "campaign.publish"] == ["ana"]


async def test_a_draft_below_the_allowed_threshold_is_not_published(pool: Pool) -> None:
    await imported(pool)
    with pytest.raises(CampaignError, match="The threshold 20m is not allowed"):
        await administration.publish(pool, "@shop_bot", DAY, CHANGE)
    async with pool.acquire() as connection:
        assert await campaigns.load_published(connection, BOT) is None


async def test_a_published_document_of_another_layout_is_refused(pool: Pool) -> None:
    await published(pool)
    await pool.execute(
        "INSERT INTO recovery_versions SELECT bot_id, 2, 4, document || '{\"layout\": 4}', 0 FROM recovery_versions"
    )
    await pool.execute("UPDATE recovery_campaigns SET published_version = 2")
    async with pool.acquire() as connection:
        with pytest.raises(CampaignError, match="has layout 4"):
            await campaigns.load_published(connection, BOT)


async def test_a_broken_campaign_can_still_be_stopped(pool: Pool) -> None:
    await published(pool)
    await administration.activate(pool, "@shop_bot", CHANGE)
    await pool.execute("UPDATE recovery_steps SET schedule = 'never'")
    assert await administration.stop(pool, "@shop_bot", LATER) == "stopped"


async def test_a_campaign_goes_live_pauses_resumes_stops_and_starts_again(pool: Pool) -> None:
    await published(pool)
    seen = []
    for at, act in enumerate(
        (
            administration.activate,
            administration.pause,
            administration.activate,
            administration.stop,
            administration.activate,
        )
    ):
        state = await act(pool, "@shop_bot", Change("ana", at))
        assert await pool.fetchval("SELECT state FROM recovery_campaigns") == state
        seen.append((state, await pool.fetchval("SELECT activated_at FROM recovery_campaigns")))
    assert seen == [("live", 0), ("paused", 0), ("live", 0), ("stopped", 0), ("live", 4)]
    assert [action for *_, action in await audit(pool)][2:] == [
        "campaign.live",
        "campaign.paused",
        "campaign.live",
        "campaign.stopped",
        "campaign.live",
    ]


async def test_a_pause_leads_back_to_what_was_paused(pool: Pool) -> None:
    await published(pool)
    await administration.activate(pool, "@shop_bot", CHANGE)
    for act, paused in ((administration.finish, "finishing"), (administration.activate, "live")):
        await act(pool, "@shop_bot", CHANGE)
        await administration.pause(pool, "@shop_bot", CHANGE)
        await administration.pause(pool, "@shop_bot", LATER)
        assert (await campaign_views.stand(pool, BOT)).paused_from == paused
        assert await administration.resume(pool, "@shop_bot", LATER) == paused
        assert await administration.resume(pool, "@shop_bot", LATER) == paused
    await administration.stop(pool, "@shop_bot", LATER)
    with pytest.raises(CampaignError, match="activate it first"):
        await administration.resume(pool, "@shop_bot", LATER)


async def test_a_stop_ends_everything_that_has_begun_page_by_page(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    await published(pool)
    await administration.activate(pool, "@shop_bot", CHANGE)
    await pool.execute(
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at)"
        " SELECT 7, chat, CASE WHEN chat = 9 THEN 9999 ELSE 1500 END, 1, 1500 FROM generate_series(1, 9) chat"
    )
    monkeypatch.setattr(chats, "PAGE", 3)
    assert await administration.stop(pool, "@shop_bot", LATER) == "stopped"
    assert [row[0] for row in await pool.fetch("SELECT chat_id FROM recovery_episodes WHERE ended_at IS NULL")] == [9]


async def test_episodes_left_open_by_a_stop_end_and_never_continue(pool: Pool) -> None:
    await published(pool)
    left = (
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at) VALUES (7, 1, 5, 1, 5)"
    )
    reason = "SELECT reason FROM recovery_episodes"
    await administration.activate(pool, "@shop_bot", CHANGE)
    await administration.stop(pool, "@shop_bot", CHANGE)
    await pool.execute(left)
    assert await reaper.end_left_open(pool, LATER.at) == 1
    assert await pool.fetchval(reason) == "stopped"
    await pool.execute("TRUNCATE recovery_episodes CASCADE")
    await administration.activate(pool, "@shop_bot", LATER)
    await pool.execute(left)
    assert await reaper.end_left_open(pool, LATER.at) == 0
    await administration.include_silent(pool, BOT, 1, LATER)
    assert await pool.fetchval(reason) == "stopped"


async def test_a_stop_stands_before_anything_ends(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object) -> int:
        raise UnreachableError("PostgreSQL does not answer.")

    await published(pool)
    await administration.activate(pool, "@shop_bot", CHANGE)
    monkeypatch.setattr(chats, "conclude_all", fails)
    with pytest.raises(UnreachableError):
        await administration.stop(pool, "@shop_bot", LATER)
    assert await pool.fetchval("SELECT state FROM recovery_campaigns") == "stopped"


async def test_a_draft_that_was_changed_meanwhile_is_not_reverted(pool: Pool) -> None:
    await published(pool)
    revision = await pool.fetchval("SELECT draft_revision FROM recovery_campaigns")
    await imported(pool, EDITED)
    with pytest.raises(StaleError):
        await administration.revert(pool, "@shop_bot", 1, LATER, revision)
    assert await administration.revert(pool, "@shop_bot", 1, LATER, revision + 1) == revision + 2


async def test_a_shadow_is_a_start_and_its_end_is_another(pool: Pool) -> None:
    await published(pool)
    begun = (
        "INSERT INTO recovery_episodes (bot_id, chat_id, episode_id, campaign_version, began_at) VALUES (7, 1, 1, 1, 1)"
    )
    seen = []
    for act, change in (
        (administration.shadow, CHANGE),
        (administration.shadow, LATER),
        (administration.activate, LATER),
    ):
        state = await act(pool, "@shop_bot", change)
        seen.append((state, await pool.fetchval("SELECT activated_at FROM recovery_campaigns")))
        await pool.execute(f"{begun} ON CONFLICT DO NOTHING")
    assert seen == [("shadow", 1_000), ("shadow", 1_000), ("live", 2_000)]
    assert await pool.fetchval("SELECT reason FROM recovery_episodes") == "stopped"
    assert await administration.activate(pool, "@shop_bot", LATER) == "live"
    assert [action for *_, action in await audit(pool)][2:] == ["campaign.shadow", "campaign.live"]


async def test_an_action_that_is_already_done_leaves_no_audit(pool: Pool) -> None:
    await published(pool)
    await administration.activate(pool, "@shop_bot", CHANGE)
    lines = len(await audit(pool))
    assert await administration.activate(pool, "@shop_bot", LATER) == "live"
    assert len(await audit(pool)) == lines


@pytest.mark.parametrize("act", [administration.activate, administration.shadow])
async def test_a_campaign_without_a_version_is_not_activated(pool: Pool, act: Act) -> None:
    await imported(pool)
    with pytest.raises(CampaignError, match="publish it first"):
        await act(pool, "@shop_bot", CHANGE)
    assert await pool.fetchval("SELECT state FROM recovery_campaigns") == "draft"


async def test_a_draft_cannot_be_paused(pool: Pool) -> None:
    await imported(pool)
    with pytest.raises(CampaignError, match="activate it first"):
        await administration.pause(pool, "@shop_bot", CHANGE)


async def test_an_unknown_or_removed_bot_and_one_without_campaign_are_refused(pool: Pool) -> None:
    with pytest.raises(NotFoundError, match="There is no bot @nobody"):
        await campaign_views.show(pool, "@nobody", 0)
    with pytest.raises(NotFoundError, match="@club_bot has no campaign: import one first"):
        await campaign_views.show(pool, "club_bot", 0)
    with pytest.raises(NotFoundError, match="@club_bot has no campaign"):
        await administration.publish(pool, "club_bot", MINUTE, CHANGE)
    with pytest.raises(NotFoundError, match="@club_bot has no campaign"):
        await administration.activate(pool, "club_bot", CHANGE)
    await pool.execute("UPDATE bots SET status = 'removed' WHERE id = $1", OTHER)
    with pytest.raises(NotFoundError, match="There is no bot @club_bot"):
        await campaign_views.show(pool, "club_bot", 0)


async def test_the_emergency_stop_is_engaged_and_released_with_audit(pool: Pool) -> None:
    async with pool.acquire() as connection:
        assert not await campaigns.load_emergency_stop(connection)
        await administration.stop_all(pool, CHANGE)
        await administration.stop_all(pool, LATER)
        assert await campaigns.load_emergency_stop(connection)
        await administration.resume_all(pool, LATER)
        await administration.resume_all(pool, CHANGE)
        assert not await campaigns.load_emergency_stop(connection)
    assert await audit(pool) == [
        ("ana", 1_000, None, "emergency_stop"),
        ("bia", 2_000, None, "emergency_stop"),
    ]


async def test_a_draft_is_shown_until_something_is_published(pool: Pool) -> None:
    await imported(pool)
    seen = await campaign_views.show(pool, "shop_bot", DAY)
    assert (seen.state, seen.published_version, seen.draft_is_published, seen.shown) == (
        "draft",
        None,
        False,
        DRAFT,
    )
    assert seen.plan == (PlannedStep("z-first", DAY + 21 * MINUTE),)


async def test_the_published_version_is_shown_while_the_draft_differs(pool: Pool) -> None:
    await published(pool)
    assert (await campaign_views.show(pool, "shop_bot", 0)).draft_is_published
    await imported(pool, EDITED)
    seen = await campaign_views.show(pool, "shop_bot", 0)
    assert (seen.published_version, seen.draft_revision, seen.draft_is_published) == (1, 2, False)
    assert seen.shown == DRAFT


async def test_a_version_becomes_the_draft_again_once_and_nothing_is_published_by_that(pool: Pool) -> None:
    await published(pool)
    await imported(pool, EDITED)
    await administration.publish(pool, "@shop_bot", MINUTE, CHANGE)
    assert [await administration.revert(pool, "@shop_bot", 1, LATER) for _ in range(2)] == [3, 3]
    pair = await campaign_views.compare(pool, "@shop_bot")
    assert (pair.draft, pair.draft_revision, pair.published, pair.published_version) == (DRAFT, 3, EDITED, 2)
    assert (await audit(pool))[-1] == ("bia", 2_000, BOT, "campaign.revert")
    rows = await pool.fetch("SELECT before, after FROM audit_log WHERE action = 'campaign.revert'")
    assert [json.loads(value)["threshold_ms"] for value in rows[0]] == [EDITED.threshold_ms, DRAFT.threshold_ms]


async def test_versions_are_listed_newest_first_with_the_one_in_force(pool: Pool) -> None:
    await imported(pool)
    assert await campaign_views.history(pool, "@shop_bot") == History(DRAFT.zone, ())
    await published(pool)
    await imported(pool, EDITED)
    await administration.publish(pool, "@shop_bot", MINUTE, LATER)
    seen = await campaign_views.history(pool, "@shop_bot")
    assert seen.versions == (Version(2, 2_000, in_force=True), Version(1, 1_000, in_force=False))
    assert await campaign_views.version(pool, "@shop_bot", 1) == DRAFT


async def test_a_version_that_was_never_published_is_refused(pool: Pool) -> None:
    await published(pool)
    for act in (campaign_views.version(pool, "@shop_bot", 2), administration.revert(pool, "@shop_bot", 2, LATER)):
        with pytest.raises(NotFoundError, match="@shop_bot has no version 2"):
            await act
    with pytest.raises(NotFoundError, match="@club_bot has no campaign"):
        await campaign_views.compare(pool, "@club_bot")


async def test_a_draft_needs_its_files_in_the_library(pool: Pool) -> None:
    asset = Asset("photo", "0f" * 32)
    block = Block("banner", Text("x"), languages={"en": Media(*asset)})
    draft = msgspec.structs.replace(DRAFT, steps=(*DRAFT.steps, Step("more", After(0), (block,))))
    lacking = f"Step more, block banner: the library has no photo sha256:{asset.sha256}: name the file itself"
    with pytest.raises(CampaignError, match=lacking):
        await imported(pool, draft)
    async with media.adding(pool) as connection:
        await media.add(connection, asset, 1, "image/png", "banner.png", 1)
    assert await published(pool, draft) == 1
    await pool.execute("DELETE FROM media")
    with pytest.raises(CampaignError, match=lacking):
        await administration.publish(pool, "@shop_bot", MINUTE, CHANGE)
