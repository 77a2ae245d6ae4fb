"""Edits while people are inside, on a real Valkey and a real PostgreSQL: who is before, waiting, in a step, and done.

The campaign has three steps: `a` at once, `b` of two blocks an hour later, `c` two hours after that. Four people: one
silent since a moment, one who has had `a`, one in the middle of `b`, and one who has had everything that there was.
"""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from engine.administration import campaign_views, campaigns
from engine.administration.campaigns import Publishing
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.change import Change
from engine.core.content.model import Text
from engine.core.delivery import cursor as cursors
from engine.core.delivery import replan
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.lane_state import LaneState
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import After, OnDay
from engine.poller.replanner import PATIENCE_MS, Replanner, ReplanTurn
from engine.poller.served_bots import ServedBots
from engine.runtime.server_clock import ServerClock
from engine.security.vault import Vault
from engine.settings import Secret
from storage.postgres import chats, replans
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.pool import Connection, Pool, open_pool
from storage.redis import keys
from storage.redis.chat_states import read_states
from storage.redis.client import Redis, open_redis
from storage.redis.server_clock import server_now_ms
from storage.redis.timer_values import NextTimer, Sign
from storage.redis.timers import Timers
from tests.flows.house import KEY
from tests.packed_states import pack

BOT, LEAST_MS = 7, 60_000
BEFORE, WAITING, INSIDE, DONE = 41, 42, 43, 44
MINUTE, HOUR = 60_000, 3_600_000


def step(key: str, delay_ms: int, *blocks: str, active: bool = True) -> Step:
    return Step(key, After(delay_ms), tuple(Block(name, Text(name)) for name in blocks or (f"{key}1",)), active)


A, B, C = step("a", 0), step("b", HOUR, "b1", "b2"), step("c", 2 * HOUR)
USUAL = Snapshot("UTC", (A, B, C), threshold_ms=10 * MINUTE)


class Row(NamedTuple):
    """Where a person waits, relative to the start of the episode."""

    step: str
    block: str
    status: str
    due_ms: int


class Site:
    def __init__(self, pool: Pool, client: Redis, now_ms: int) -> None:
        self.pool = pool
        self.client = client
        self.began_ms = now_ms
        self.timers = Timers(client)
        self.clock = ServerClock(now_ms)
        self.catalogue = ServedBots(pool, Vault([Secret(KEY)]))
        self.replanner = Replanner(pool, self.timers, self.catalogue, self.clock, lambda _: True)

    def change(self, after_ms: int = 0) -> Change:
        return Change("ana", self.began_ms + after_ms)

    async def publish(self, *steps: Step, how: Publishing | None = None, after_ms: int = 0, **settings: Any) -> None:
        draft = replace(USUAL, **({"steps": steps} if steps else {}), **settings)
        await campaigns.import_draft(self.pool, "shop", draft, LEAST_MS, self.change())
        await campaigns.publish(self.pool, "shop", LEAST_MS, self.change(after_ms), how or Publishing())

    async def replanned(self) -> list[ReplanTurn]:
        """Walk until every requested replan is done."""
        await self.catalogue.refresh()
        turns = []
        while await replans.pending(self.pool, [BOT]):
            turns.append(await self.replanner.run_once())
        await self.catalogue.refresh()
        return turns

    async def row(self, chat: int) -> Row | None:
        """The delivery that a person waits for."""
        row = await self.pool.fetchrow(
            "SELECT step_key, block_key, status, due_at FROM recovery_deliveries WHERE chat_id = $1"
            " ORDER BY ordinal DESC LIMIT 1",
            chat,
        )
        return Row(row[0], row[1], row[2], row[3] - self.began_ms) if row else None

    async def timer(self, chat: int) -> tuple[str, int] | None:
        """What Redis has of a person: the step for which they wait, and when the timer fires."""
        (state,) = await read_states(self.client, BOT, [chat])
        if state is None:
            return None
        at = cursors.read(state.opaque)
        return (at.step if at else "", state.due_ms - self.began_ms)

    async def stands(self, chat: int, key: str, due_ms: int) -> None:
        """Both servers agree."""
        row = await self.row(chat)
        assert row
        assert (row.step, row.status, row.due_ms) == (key, "scheduled", due_ms)
        assert await self.timer(chat) == (key, due_ms)

    async def left_behind(self, chat: int, opaque: str | None, *, marked: bool) -> None:
        """The state in which a killed poller leaves a person in Redis, once its lease is over."""
        k = keys.of_bot(BOT)
        (state,) = await read_states(self.client, BOT, [chat])
        assert state
        changed = state._replace(marked=marked, opaque=state.opaque if opaque is None else opaque)
        await self.client.hset(k.state, str(chat), pack(changed))
        await self.client.zadd(k.timers, {str(chat): self.began_ms - MINUTE - keys.URGENCY_MS})

    async def ended(self, chat: int) -> str | None:
        found: str | None = await self.pool.fetchval("SELECT reason FROM recovery_episodes WHERE chat_id = $1", chat)
        return found

    async def go(self, chat: int, at: Cursor, onward: Cursor | None, due_ms: int, *, version: int = 5) -> Cursor | None:
        """Send the block at the cursor now, and plan what follows."""
        claiming = Claiming(BOT, chat, at, version, 1, marked=False, wish=True, skip_paid=True)
        (found,) = await claim_deliveries(self.pool, [claiming], self.began_ms)
        assert found.status == "sending"
        report = Report(BOT, chat, found.cursor, version, "sent", fact=True, message_ids=(1,), next=onward)
        after = {"end": "completed"} if onward is None else {"next_due_ms": due_ms, "next_anchor_ms": self.began_ms}
        await report_outcomes(self.pool, [report._replace(**after)], self.began_ms)
        if onward:
            await self._settle(chat, onward, due_ms)
        return onward

    async def silent(self, chat: int) -> Cursor:
        """Begin an episode."""
        at = Cursor(self.began_ms - 10 * MINUTE - chat * 1000, 0, "a", "a1", 0)
        begun = Beginning(BOT, chat, at.episode_id, 5, 1, "a", "a1", self.began_ms, anchor_ms=self.began_ms)
        await begin_episodes(self.pool, [begun], self.began_ms)
        return at

    async def _settle(self, chat: int, onward: Cursor, due_ms: int) -> None:
        await self.timers.touch(BOT, [Sign(chat, onward.episode_id)], 0)
        (version,) = await self.timers.versions(BOT, [chat])
        await self.timers.settle(BOT, [NextTimer(chat, version or 0, due_ms, opaque=cursors.write(onward))])


@pytest.fixture
async def site(redis_url: str, database_url: str) -> AsyncIterator[Site]:
    client = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        site = Site(pool, client, await server_now_ms(client))
        token = Vault([Secret(KEY)]).encrypt("7:abc")
        await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop', $1, 0)", token)
        await site.publish()
        await campaigns.activate(pool, "shop", Change("ana", 1))
        await site.timers.touch(BOT, [Sign(BEFORE, site.began_ms - MINUTE)], USUAL.threshold_ms)
        for chat in (WAITING, INSIDE, DONE):
            at: Cursor | None = await site.silent(chat)
            assert at
            onward = at._replace(ordinal=1, step="b", block="b1")
            at = await site.go(chat, at, onward, site.began_ms if chat != WAITING else site.began_ms + HOUR)
        inside = Cursor(site.began_ms - 10 * MINUTE - INSIDE * 1000, 1, "b", "b1", 0)
        await site.go(INSIDE, inside, inside._replace(ordinal=2, block="b2", pinned=1), site.began_ms + 5 * MINUTE)
        done = Cursor(site.began_ms - 10 * MINUTE - DONE * 1000, 1, "b", "b1", 0)
        await site.go(DONE, done, None, 0)
        yield site
    await client.aclose()


async def untouched(site: Site, *chats: int) -> None:
    """An edit never moves a person within a step or at the end; only the threshold moves a silence."""
    if BEFORE in chats:
        assert await site.timer(BEFORE) == ("", 9 * MINUTE)
    if WAITING in chats:
        await site.stands(WAITING, "b", HOUR)
    if INSIDE in chats:
        await site.stands(INSIDE, "b", 5 * MINUTE)
        assert await site.row(INSIDE) == Row("b", "b2", "scheduled", 5 * MINUTE)
    if DONE in chats:
        assert await site.ended(DONE) == "completed"
        assert await site.pool.fetchval("SELECT count(*) FROM recovery_deliveries WHERE chat_id = $1", DONE) == 2


async def test_a_changed_text_moves_nobody(site: Site) -> None:
    await site.publish(A, Step("b", B.schedule, (Block("b1", Text("new")), Block("b2", Text("new")))), C)
    assert await site.replanned() == []
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)
    served = site.catalogue.bots[BOT]
    assert served.newest
    assert served.newest.steps[1].blocks[0].content == Text("new")
    pinned = await site.catalogue.version(BOT, 1)
    assert pinned
    assert pinned.steps[1].blocks[1].content == Text("b2")


async def test_a_changed_hour_moves_waiting_people(site: Site) -> None:
    await site.publish(A, step("b", 3 * HOUR, "b1", "b2"), C)
    await site.replanned()
    await site.stands(WAITING, "b", 3 * HOUR)
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_an_hour_that_is_past_is_spread_and_not_at_once(site: Site) -> None:
    await site.publish(A, step("b", MINUTE, "b1", "b2"), C, after_ms=30 * MINUTE)
    await site.replanned()
    await site.stands(WAITING, "b", 30 * MINUTE + sending_hours.spread_over(WAITING, replan.SPREAD_MS))
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_the_old_hours_can_be_kept(site: Site) -> None:
    await site.publish(A, step("b", 3 * HOUR, "b1", "b2"), C, how=Publishing(mode="keep"))
    await site.replanned()
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)


@pytest.mark.parametrize("steps", [(A, C), (A, replace(B, active=False), C)], ids=["deleted", "off"])
async def test_people_waiting_for_a_deleted_block_keep_their_slot(site: Site, steps: tuple[Step, ...]) -> None:
    await site.publish(*steps)
    await site.replanned()
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)


async def test_a_step_inserted_before_comes_next_while_its_hour_is_ahead(site: Site) -> None:
    await site.publish(A, step("n", 30 * MINUTE), B, C)
    await site.replanned()
    await site.stands(WAITING, "n", 30 * MINUTE)
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_a_step_inserted_before_is_skipped_when_its_hour_is_past(site: Site) -> None:
    await site.publish(A, step("n", MINUTE), B, C, after_ms=30 * MINUTE)
    await site.replanned()
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)


async def test_a_step_moved_before_the_current_one_is_not_sent(site: Site) -> None:
    await site.publish(B, A, C)
    await site.replanned()
    await site.stands(WAITING, "c", 2 * HOUR)
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_an_episode_with_nothing_ahead_ends(site: Site) -> None:
    await site.publish(B, A)
    await site.replanned()
    row = await site.row(WAITING)
    assert row
    assert (row.step, row.status) == ("b", "cancelled")
    assert await site.ended(WAITING) == "completed"
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_a_step_added_at_the_end_wakes_nobody(site: Site) -> None:
    await site.publish(A, B, C, step("z", 0))
    await site.replanned()
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)


async def test_changed_sending_hours_move_waiting_people(site: Site) -> None:
    at = (site.began_ms // MINUTE + 180) % 1440
    hours = Window(at, (at + 120) % 1440)
    await site.publish(window=hours)
    await site.replanned()
    opening = sending_hours.opens(hours, site.began_ms + HOUR, "UTC") - site.began_ms
    await site.stands(WAITING, "b", opening + sending_hours.spread_ms(hours, WAITING))
    await untouched(site, BEFORE, INSIDE, DONE)
    await site.publish()
    await site.replanned()
    await site.stands(WAITING, "b", HOUR)


async def test_a_changed_zone_moves_hours_of_the_day_from_the_anchor(site: Site) -> None:
    morning = replace(B, schedule=OnDay(2, 9, 0))
    await site.publish(A, morning, C)
    await site.replanned()
    in_utc = await site.row(WAITING)
    await site.publish(A, morning, C, zone="Asia/Tokyo")
    await site.replanned()
    in_tokyo = await site.row(WAITING)
    assert in_utc
    assert in_tokyo
    assert (in_utc.due_ms - in_tokyo.due_ms) % (24 * HOUR) == 9 * HOUR
    await untouched(site, BEFORE, INSIDE, DONE)


async def test_a_shorter_threshold_is_for_new_silences_unless_asked(site: Site) -> None:
    await site.publish(threshold_ms=2 * MINUTE)
    await site.replanned()
    await untouched(site, BEFORE, WAITING, INSIDE, DONE)


async def test_a_shorter_threshold_can_include_silent_people_spread_over_ten_minutes(site: Site) -> None:
    overdue = 45
    await site.timers.touch(BOT, [Sign(overdue, site.began_ms - 5 * MINUTE)], USUAL.threshold_ms)
    await site.publish(threshold_ms=2 * MINUTE, how=Publishing(include=True))
    await site.replanned()
    soon = {chat: sending_hours.spread_over(chat, replan.SPREAD_MS) for chat in (overdue, BEFORE)}
    assert await site.timer(overdue) == ("", min(soon[overdue], 5 * MINUTE))
    assert await site.timer(BEFORE) == ("", min(max(soon[BEFORE], MINUTE), 9 * MINUTE))
    await untouched(site, WAITING, INSIDE, DONE)


async def test_a_claimed_chat_is_moved_later(site: Site) -> None:
    timers = keys.of_bot(BOT).timers
    await site.publish(A, step("b", 3 * HOUR, "b1", "b2"), C)
    await site.catalogue.refresh()
    await site.client.zadd(timers, {str(WAITING): site.began_ms + MINUTE - keys.URGENCY_MS})
    assert (await site.replanner.run_once()).finished == 0
    row = await site.row(WAITING)
    assert row
    assert row.due_ms == HOUR
    await site.client.zadd(timers, {str(WAITING): site.began_ms - MINUTE - keys.URGENCY_MS})
    await site.replanned()
    await site.stands(WAITING, "b", 3 * HOUR)


async def test_a_replan_that_was_cut_short_is_repeated(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def dies(*_: object) -> None:
        raise RuntimeError("killed")

    await site.publish(A, step("b", 3 * HOUR, "b1", "b2"), C)
    await site.catalogue.refresh()
    with monkeypatch.context() as patch:
        patch.setattr(replans, "apply", dies)
        assert (await site.replanner.run_once()).finished == 0
    row = await site.row(WAITING)
    assert row
    assert row.due_ms == HOUR
    assert await site.timer(WAITING) == ("b", 3 * HOUR)
    await site.replanned()
    await site.stands(WAITING, "b", 3 * HOUR)


@pytest.mark.parametrize(
    ("policy", "due_ms"),
    [("continue", 4 * HOUR), ("restart", 4 * HOUR), ("as_if_never_paused", 3 * HOUR)],
)
async def test_a_pause_of_three_hours(site: Site, policy: replan.Policy, due_ms: int) -> None:
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change(3 * HOUR), policy)
    await site.catalogue.refresh()
    assert site.catalogue.bots[BOT].state is LaneState.SHUT
    await site.replanned()
    assert site.catalogue.bots[BOT].state is LaneState.OPEN
    spread = sending_hours.spread_over(WAITING, replan.SPREAD_MS) if policy == "as_if_never_paused" else 0
    await site.stands(WAITING, "b", due_ms + spread)
    assert await site.ended(DONE) == "completed"


@pytest.mark.parametrize(
    ("marked", "opaque"), [(True, None), (False, "")], ids=["before the settling", "while beginning"]
)
async def test_a_chat_left_by_a_killed_poller_goes_on_after_a_pause(
    site: Site, opaque: str | None, *, marked: bool
) -> None:
    await site.left_behind(WAITING, opaque, marked=marked)
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change(3 * HOUR))
    await site.replanned()
    assert site.catalogue.bots[BOT].state is LaneState.OPEN
    await site.stands(WAITING, "b", 4 * HOUR)


async def test_no_chat_holds_the_whole_bot_for_ever(site: Site) -> None:
    await site.left_behind(WAITING, "9of another layout", marked=False)
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change())
    await site.catalogue.refresh()
    turns = [await site.replanner.run_once() for _ in range(6)]
    assert not any(turn.finished for turn in turns)
    site.clock.hear(site.began_ms + PATIENCE_MS)
    await site.replanned()
    assert site.catalogue.bots[BOT].state is LaneState.OPEN
    await untouched(site, INSIDE, DONE)


async def test_a_failure_for_one_bot_holds_up_no_other(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    token, page = Vault([Secret(KEY)]).encrypt("6:abc"), replans.page
    await site.pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (6, 'club', $1, 0)", token)
    await campaigns.import_draft(site.pool, "club", USUAL, LEAST_MS, site.change())
    await campaigns.publish(site.pool, "club", LEAST_MS, site.change())
    for name in ("shop", "club"):
        await campaigns.activate(site.pool, name, site.change())
        await campaigns.pause(site.pool, name, site.change())
        await campaigns.resume(site.pool, name, site.change(3 * HOUR))

    async def breaks(connection: Connection, bot_id: int, *more: Any, **other: Any) -> Any:
        if bot_id == BOT - 1:
            raise RuntimeError("broken")
        return await page(connection, bot_id, *more, **other)

    monkeypatch.setattr(replans, "page", breaks)
    await site.catalogue.refresh()
    while len(await replans.pending(site.pool, [BOT - 1, BOT])) > 1:
        await site.replanner.run_once()
    await site.stands(WAITING, "b", 4 * HOUR)
    assert [job.bot_id for job in await replans.pending(site.pool, [BOT - 1, BOT])] == [BOT - 1]


async def test_the_rest_of_a_begun_step_waits_through_a_pause(site: Site) -> None:
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change(9 * HOUR))
    await site.replanned()
    await site.stands(INSIDE, "b", 9 * HOUR + 5 * MINUTE)
    row = await site.row(INSIDE)
    assert row
    assert row.block == "b2"


async def test_one_page_of_a_bot_a_turn_and_all_of_them_in_the_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replans, "page", partial(replans.page, most=1))
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change(3 * HOUR))
    turns = await site.replanned()
    assert [turn.looked_at for turn in turns] == [1, 1, 0, 1, 0]
    await site.stands(WAITING, "b", 4 * HOUR)
    await site.stands(INSIDE, "b", 3 * HOUR + 5 * MINUTE)


async def test_a_version_published_during_a_pause_is_planned_from_the_start_of_the_pause(site: Site) -> None:
    await campaigns.pause(site.pool, "shop", site.change(30 * MINUTE))
    await site.publish(A, step("b", MINUTE, "b1", "b2"), C, after_ms=2 * HOUR)
    await site.replanned()
    await campaigns.resume(site.pool, "shop", site.change(3 * HOUR))
    await site.replanned()
    await site.stands(WAITING, "b", 3 * HOUR + sending_hours.spread_over(WAITING, replan.SPREAD_MS))


async def test_a_pause_of_three_days_leaves_late_blocks_to_the_gate(site: Site) -> None:
    await campaigns.pause(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change(72 * HOUR), "as_if_never_paused")
    await site.replanned()
    await site.stands(WAITING, "b", HOUR)


async def test_earlier_silences_are_included_only_on_request_and_spread(site: Site) -> None:
    early = 46
    since_ms = site.began_ms - 24 * HOUR
    await campaigns.stop(site.pool, "shop", site.change())
    await campaigns.activate(site.pool, "shop", site.change())
    async with site.pool.acquire() as connection:
        await chats.flush(connection, [Life(BOT, early, site.began_ms - HOUR)], site.began_ms)
    assert await campaign_views.count_silent(site.pool, BOT, since_ms) == 1
    assert await site.timer(early) is None
    await campaigns.include_silent(site.pool, BOT, since_ms, site.change())
    await site.replanned()
    state, due_ms = await site.timer(early) or ("none", 0)
    assert state == ""
    assert 0 <= due_ms <= 11 * MINUTE
    assert await campaign_views.count_silent(site.pool, BOT, since_ms) == 0
