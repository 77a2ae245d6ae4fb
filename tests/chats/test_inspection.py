"""What the engine tells of one chat: every phase as the engine itself brings it about, and why nothing is sent."""

from collections.abc import AsyncIterator

import pytest

from bench.sandbox.protocol import Fault, FaultKind
from engine.administration import campaigns as administration
from engine.chats.inspection import inspect
from engine.core.change import Change
from engine.core.content import preview
from engine.core.delivery.chat_status import BlockPlace, Phase, Standing
from engine.core.delivery.cursor import Cursor
from engine.core.delivery.gate import Reason
from engine.core.errors import NotFoundError
from storage.postgres import bots, campaigns, chats
from storage.postgres.chats import Life
from storage.postgres.deliveries.begin import Beginning, begin_episodes
from storage.postgres.deliveries.claim import Claiming, claim_deliveries
from storage.postgres.deliveries.report import Report, report_outcomes
from storage.postgres.pool import Pool, open_pool, transaction
from storage.redis import bot_state
from storage.redis.client import Redis, open_redis
from storage.redis.keys import of_bot
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Held, Holding, NextTimer, Sign
from storage.redis.timers import FEED_STALE_MS, Timers
from tests.administration.test_campaigns import DRAFT
from tests.flows.conftest import house
from tests.flows.house import BOT as HOUSE_BOT
from tests.flows.house import House

__all__ = ["house"]

BOT, CHAT = 7, 5_000_000_001
THRESHOLD_MS = DRAFT.threshold_ms
LEASE_MS = 60_000


class Ground:
    """A bot with a live campaign, and nobody at work: the test makes each move itself."""

    def __init__(self, pool: Pool, redis: Redis) -> None:
        self.pool = pool
        self.redis = redis
        self.timers = Timers(redis)

    async def look(self) -> Standing:
        return await inspect(self.pool, self.redis, BOT, CHAT)

    async def reasons(self) -> list[Reason]:
        return [one.reason for one in (await self.look()).against]

    async def touch(self, seen_ms: int = 0, threshold_ms: int = THRESHOLD_MS) -> int:
        return (await self.timers.touch(BOT, [Sign(CHAT, seen_ms)], threshold_ms)).now_ms

    async def confirm(self) -> None:
        """The feed is ours, and taken in up to now."""
        await self.redis.set(of_bot(BOT).poll, "us 1")
        await self.timers.confirm(BOT, Holding("us 1", await run_of(self.redis)))

    async def claim(self) -> Held:
        """Touch with no threshold to speak of, and claim at once."""
        await self.touch(threshold_ms=0)
        claimed = await self.timers.claim(BOT, 1, LEASE_MS, 1)
        return claimed.timers[0]


@pytest.fixture
async def ground(redis_url: str, database_url: str) -> AsyncIterator[Ground]:
    redis = open_redis(redis_url)
    async with await open_pool(database_url) as pool:
        change = Change("test", 1_000)
        async with transaction(pool) as connection:
            await bots.add(connection, BOT, "shop_bot", b"", change)
        await administration.import_draft(pool, "shop_bot", DRAFT, 60_000, change)
        await administration.publish(pool, "shop_bot", 60_000, change)
        await administration.activate(pool, "shop_bot", change)
        await bot_state.set_generation(redis, BOT, 1, await run_of(redis))
        ground = Ground(pool, redis)
        await ground.confirm()
        yield ground
    await redis.aclose()


async def test_of_a_chat_that_nobody_knows_nothing_is_armed(ground: Ground) -> None:
    seen = await ground.look()
    assert (seen.phase, seen.last_seen_ms, seen.next_due_ms, seen.next) == (Phase.NOTHING_ARMED, None, None, None)
    assert (seen.bot, seen.bot_status, seen.campaign_state, seen.campaign_version) == ("shop_bot", "active", "live", 1)
    assert (seen.threshold_ms, seen.zone, seen.against, seen.episodes) == (THRESHOLD_MS, DRAFT.zone, (), ())


async def test_after_a_touch_silence_is_waited_for_by_redis_clock(ground: Ground) -> None:
    touched_ms = await ground.touch()
    seen = await ground.look()
    assert (seen.phase, seen.last_seen_ms) == (Phase.WAITING_FOR_SILENCE, touched_ms)
    assert seen.next_due_ms == touched_ms + THRESHOLD_MS
    assert seen.watermark_ms is not None
    assert seen.watermark_ms <= touched_ms <= seen.now_ms
    assert [(step.key, step.schedule, step.active, step.blocks) for step in seen.sequence] == [
        ("z-first", "1m", True, ("y",)),
        ("a-second", "+3d 18:00", False, ("y",)),
    ]
    assert [step.due_ms for step in seen.sequence] == [touched_ms + THRESHOLD_MS + 60_000, None]


async def test_under_a_lease_a_chat_is_held_by_a_poller(ground: Ground) -> None:
    await ground.claim()
    seen = await ground.look()
    assert seen.phase is Phase.HELD_BY_POLLER
    assert seen.lease_until_ms is not None
    assert seen.now_ms < seen.lease_until_ms <= seen.now_ms + LEASE_MS


async def test_what_has_passed_is_being_sent(ground: Ground) -> None:
    held = await ground.claim()
    await ground.timers.pass_(BOT, [held.last_look])
    assert (await ground.look()).phase is Phase.SENDING


async def test_a_further_block_is_scheduled_though_it_is_urgent(ground: Ground) -> None:
    version = (await ground.claim()).version
    due_ms = (await ground.look()).now_ms + 5_000
    await ground.timers.settle(BOT, [NextTimer(CHAT, version, due_ms, urgent=True, opaque="1900/0/z-first/y/1")])
    seen = await ground.look()
    assert (seen.phase, seen.next_due_ms, seen.lease_until_ms) == (Phase.STEP_SCHEDULED, due_ms, None)
    assert seen.next is not None
    assert (seen.next.step, seen.next.block) == ("z-first", "y")


async def test_without_a_generation_and_in_another_run_redis_counts_as_lost(ground: Ground) -> None:
    await bot_state.set_generation(ground.redis, BOT, 1, "0" * 40)
    assert await ground.reasons() == [Reason.REDIS_LOST]
    await ground.redis.flushall()
    assert await ground.reasons() == [Reason.REDIS_LOST]


async def test_what_is_due_behind_the_watermark_waits_for_the_feed(ground: Ground) -> None:
    await ground.redis.flushall()
    await bot_state.set_generation(ground.redis, BOT, 1, await run_of(ground.redis))
    await ground.touch(threshold_ms=0)
    seen = await ground.look()
    assert [one.reason for one in seen.against] == [Reason.FEED_STALE]
    assert seen.watermark_ms is None
    await ground.confirm()
    assert await ground.reasons() == []


async def test_what_was_due_when_the_feed_died_waits_for_it_too(ground: Ground) -> None:
    await ground.touch(threshold_ms=0)
    await ground.confirm()
    assert await ground.reasons() == []
    await ground.redis.hincrby(of_bot(BOT).bot, "watermark", -FEED_STALE_MS - 1)
    await ground.redis.zincrby(of_bot(BOT).timers, -FEED_STALE_MS - 1, str(CHAT))
    assert await ground.reasons() == [Reason.FEED_STALE]


async def test_a_held_lane_says_until_when(ground: Ground) -> None:
    until_ms = (await ground.look()).now_ms + 60_000
    await bot_state.hold(ground.redis, BOT, until_ms)
    (held,) = (await ground.look()).against
    assert (held.reason, held.until_ms) == (Reason.RETRY_AFTER, until_ms)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE bots SET status = 'suspended'", Reason.BOT_HELD),
        ("UPDATE recovery_campaigns SET state = 'paused'", Reason.BOT_HELD),
        ("UPDATE recovery_campaigns SET state = 'stopped'", Reason.STOPPED),
        ("UPDATE recovery_campaigns SET state = 'shadow'", Reason.SHADOW),
        ("INSERT INTO chats VALUES (7, 5000000001, NULL, NULL, NULL, 5, 6, NULL)", Reason.UNREACHABLE),
        ("INSERT INTO chats VALUES (7, 5000000001, NULL, NULL, NULL, 5, NULL, 6)", Reason.OPTED_OUT),
    ],
)
async def test_the_gate_says_what_speaks_against_a_send(ground: Ground, statement: str, reason: Reason) -> None:
    await ground.pool.execute(statement)
    assert await ground.reasons() == [reason]


async def test_the_emergency_stop_holds_every_bot(ground: Ground) -> None:
    async with transaction(ground.pool) as connection:
        await campaigns.set_emergency_stop(connection, Change("test", 2_000), engaged=True)
    seen = await ground.look()
    assert seen.emergency_stop
    assert [one.reason for one in seen.against] == [Reason.BOT_HELD]


async def test_blocks_are_told_by_their_first_words(ground: Ground) -> None:
    words = (await ground.look()).words
    blocks = {f"{step.key}/{block.key}": block.content for step in DRAFT.steps for block in step.blocks}
    assert words == {place: preview.beginning(content, 60) for place, content in blocks.items()}
    assert all(words.values())


async def test_looking_changes_nothing(ground: Ground) -> None:
    await ground.touch()
    before = [await ground.redis.dump(key) for key in sorted(await ground.redis.keys())]
    await ground.look()
    assert [await ground.redis.dump(key) for key in sorted(await ground.redis.keys())] == before
    assert await ground.pool.fetchval("SELECT count(*) FROM chats") == 0


async def test_a_bot_that_is_not_registered_is_named(ground: Ground) -> None:
    with pytest.raises(NotFoundError, match="no bot 8"):
        await inspect(ground.pool, ground.redis, 8, CHAT)


async def test_after_an_answer_it_shows_why_nothing_follows(ground: Ground) -> None:
    silent_ms = await ground.touch() - 60_000
    begun = Beginning(BOT, CHAT, silent_ms, 5, 1, "z-first", "y", silent_ms)
    cursor = Cursor(silent_ms, 0, "z-first", "y", 0)
    await begin_episodes(ground.pool, [begun], silent_ms)
    following = Report(BOT, CHAT, cursor, 5, next=Cursor(silent_ms, 1, "a-second", "y", 0), next_due_ms=silent_ms + 9)
    await claim_deliveries(
        ground.pool, [Claiming(BOT, CHAT, cursor, 5, 1, marked=False, wish=True, skip_paid=False)], silent_ms
    )
    sent = following._replace(status="sent", fact=True, message_ids=(3,))
    await report_outcomes(ground.pool, [sent], silent_ms + 4)
    seen = await ground.look()
    assert (seen.phase, seen.next) == (Phase.WAITING_FOR_SILENCE, None), "Redis heard the answer first"
    async with transaction(ground.pool) as connection:
        await chats.flush(connection, [Life(BOT, CHAT, seen.last_seen_ms or 0)], silent_ms + 7)
    (episode,) = (await ground.look()).episodes
    assert (episode.reason, episode.ended_ms, episode.returned_ms) == ("returned", silent_ms + 7, seen.last_seen_ms)
    assert [(one.step, one.status, one.reason, one.due_ms, one.sent_ms) for one in episode.deliveries] == [
        ("z-first", "sent", None, silent_ms, silent_ms + 4),
        ("a-second", "cancelled", "returned", silent_ms + 9, None),
    ]


async def test_what_redis_has_lost_is_told_from_postgresql(ground: Ground) -> None:
    await begin_episodes(ground.pool, [Beginning(BOT, CHAT, 9_000, 5, 1, "z-first", "y", 9_500)], 9_000)
    await ground.redis.flushall()
    seen = await ground.look()
    assert (seen.phase, seen.next_due_ms, seen.next) == (Phase.STEP_SCHEDULED, 9_500, BlockPlace("z-first", "y"))
    assert [one.reason for one in seen.against] == [Reason.REDIS_LOST, Reason.EXPIRED]


async def test_who_paid_is_left_alone_and_it_says_so(house: House) -> None:
    person = await house.someone()
    await house.people.pay(HOUSE_BOT, person)
    assert set(await house.ended(person)) == {"paid"}
    assert [one.reason for one in (await look_in(house, person)).against] == [Reason.PAID]


async def test_a_send_without_an_answer_is_shown_as_being_sent(house: House) -> None:
    await house.people.set_fault(Fault(FaultKind.HANG, method="sendMessage"))
    person = await house.someone()
    await house.delivery(person, "one", "sending")
    await house.people.open_requests(count=2)
    seen = await look_in(house, person)
    assert seen.phase is Phase.SENDING
    assert [one.status for one in seen.episodes[0].deliveries] == ["sending"]
    await house.people.reset()


async def look_in(house: House, person: int) -> Standing:
    return await inspect(house.pool, house.redis, await house.pool.fetchval("SELECT id FROM bots"), person)
