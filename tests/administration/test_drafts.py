"""A draft under the hands of its admins, on a real PostgreSQL: one edit after the other, and never over another's."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from engine.administration import campaign_views, campaigns, lookup
from engine.core.campaign import editing
from engine.core.campaign.frequency_caps import SUITABLE
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Media, Text
from engine.core.errors import CampaignError, NotFoundError, StaleError
from engine.core.schedule.step_schedule import After
from storage.postgres.pool import Pool, open_pool

BOT = 7
ANA, BIA = Change("ana", 1_000), Change("bia", 2_000)
STEP = Step("one", After(0), (Block("a", Text("Hi")),))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with await open_pool(database_url) as pool:
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0)")
        yield pool


def add(step: Step) -> campaigns.Edit:
    return lambda draft: editing.add_step(draft, step)


async def test_a_draft_begins_empty_and_is_begun_once(pool: Pool) -> None:
    assert await campaign_views.draft(pool, BOT) is None
    assert await campaigns.begin(pool, BOT, "America/Sao_Paulo", ANA) == 1
    assert await campaigns.begin(pool, BOT, "Europe/Berlin", BIA) == 1
    assert await campaign_views.draft(pool, BOT) == (1, Snapshot("America/Sao_Paulo", (), limits=SUITABLE))


async def test_an_edit_raises_the_revision_with_one_line_of_audit(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    assert await campaigns.edit(pool, BOT, revision, add(STEP), BIA) == 2
    assert await campaign_views.draft(pool, BOT) == (2, Snapshot("UTC", (STEP,), limits=SUITABLE))
    rows = await pool.fetch("SELECT actor, action FROM audit_log ORDER BY id")
    assert [tuple(row) for row in rows] == [("ana", "campaign.draft"), ("bia", "campaign.draft")]


async def test_an_edit_that_changes_nothing_leaves_no_trace(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    assert await campaigns.edit(pool, BOT, revision, lambda draft: replace(draft, zone="UTC"), BIA) == revision
    assert await pool.fetchval("SELECT count(*) FROM audit_log") == 1


async def test_an_edit_of_an_older_draft_names_who_changed_it_and_when(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    await campaigns.edit(pool, BOT, revision, add(STEP), BIA)
    with pytest.raises(StaleError) as refused:
        await campaigns.edit(pool, BOT, revision, add(replace(STEP, key="two")), ANA)
    assert (refused.value.actor, refused.value.at_ms) == ("bia", 2_000)
    assert await campaign_views.draft(pool, BOT) == (2, Snapshot("UTC", (STEP,), limits=SUITABLE))


async def test_one_of_two_concurrent_edits_wins(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    edits = [campaigns.edit(pool, BOT, revision, add(replace(STEP, key=key)), ANA) for key in ("one", "two")]
    results = await asyncio.gather(*edits, return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["StaleError", "int"]


async def test_an_edit_that_refuses_itself_or_names_no_file_changes_nothing(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    photo = replace(STEP, blocks=(Block("a", Media("photo", "0" * 64)),))
    with pytest.raises(CampaignError, match="zero is no longer in this draft"):
        await campaigns.edit(pool, BOT, revision, lambda draft: editing.delete_step(draft, "zero"), ANA)
    with pytest.raises(CampaignError, match="the library has no photo"):
        await campaigns.edit(pool, BOT, revision, add(photo), ANA)
    assert await campaign_views.draft(pool, BOT) == (revision, Snapshot("UTC", (), limits=SUITABLE))


async def test_the_last_edit_is_taken_back_whatever_else_is_done_to_the_campaign(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    revision = await campaigns.edit(pool, BOT, revision, add(STEP), ANA)
    dropped = await campaigns.edit(pool, BOT, revision, lambda draft: editing.delete_step(draft, "one"), ANA)
    revision = await campaigns.undo(pool, BOT, dropped, BIA)
    await campaigns.publish(pool, "shop_bot", 1, BIA)
    revision = await campaigns.edit(pool, BOT, revision, lambda draft: editing.delete_step(draft, "one"), ANA)
    await campaigns.activate(pool, "shop_bot", BIA)
    await campaigns.pause(pool, "shop_bot", BIA)
    assert await campaign_views.can_undo(pool, BOT, BIA.at)
    revision = await campaigns.undo(pool, BOT, revision, BIA)
    assert await campaign_views.draft(pool, BOT) == (revision, Snapshot("UTC", (STEP,), limits=SUITABLE))
    *_, last = await pool.fetch("SELECT actor, action FROM audit_log ORDER BY id")
    assert tuple(last) == ("bia", "campaign.undo")


@pytest.mark.parametrize("what", ["nothing before", "too late", "undone", "reverted"])
async def test_there_is_nothing_to_undo(pool: Pool, what: str) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    now = Change("ana", ANA.at + lookup.UNDO_MS)
    if what != "nothing before":
        revision = await campaigns.edit(pool, BOT, revision, add(STEP), ANA)
    if what == "too late":
        assert await campaign_views.can_undo(pool, BOT, now.at)
        now = replace(now, at=now.at + 1)
    if what == "undone":
        revision = await campaigns.undo(pool, BOT, revision, now)
    if what == "reverted":
        await campaigns.publish(pool, "shop_bot", 1, ANA)
        revision = await campaigns.edit(pool, BOT, revision, add(replace(STEP, key="two")), now)
        revision = await campaigns.revert(pool, "shop_bot", 1, now)
    assert not await campaign_views.can_undo(pool, BOT, now.at)
    with pytest.raises(CampaignError, match="nothing to undo"):
        await campaigns.undo(pool, BOT, revision, now)


async def test_a_bot_that_is_removed_has_no_draft(pool: Pool) -> None:
    revision = await campaigns.begin(pool, BOT, "UTC", ANA)
    await pool.execute("UPDATE bots SET status = 'removed'")
    with pytest.raises(NotFoundError, match="no longer connected"):
        await campaigns.edit(pool, BOT, revision, add(STEP), ANA)
