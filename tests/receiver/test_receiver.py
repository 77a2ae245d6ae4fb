"""The receiver against the sandbox: an update is acknowledged only after its effect stands."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Act, BotInfo, Deed, Fault, FaultKind
from engine.administration.registration import add
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.core.errors import UnreachableError
from engine.receiver import feed_loop
from engine.receiver.events import Charge, SignOfLife
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.polling_feed import LIMIT, NOT_OURS_S, Polled, PollingFeed
from engine.receiver.receiver import Receiver, ReceiverTurn
from engine.receiver.update_handler import UpdateHandler
from engine.settings import Secret, Settings, load_settings
from engine.telegram.client import BotApi
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis import keys
from storage.redis.arrivals import Arrivals
from storage.redis.client import Redis, open_redis
from storage.redis.server_clock import server_now_ms
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding
from storage.redis.timers import Timers

ROOT = Path(__file__).parents[2]
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
THRESHOLD_MS = 60_000
NOWHERE = "redis://127.0.0.1:1/0"


class Desk:
    """Two bots of a sandbox, and the databases that a feed writes to."""

    def __init__(self, settings: Settings, sandbox: Sandbox, people: SandboxClient, pool: Pool, client: Redis) -> None:
        self.settings, self.people, self.pool, self.client = settings, people, pool, client
        self.bots: list[BotInfo] = sandbox.bots
        self.session = aiohttp.ClientSession()
        self.holding: Holding | None = None

    @property
    def bot(self) -> BotInfo:
        return self.bots[0]

    def feed(self, client: Redis | None = None) -> PollingFeed:
        timers = Timers(client or self.client)
        self.activity = Activity(self.pool, timers, lambda bot: Watched(bot, "shop_bot", b"", THRESHOLD_MS))
        api = BotApi(self.session, self.settings.telegram_api_url, self.bot.token)
        endings = Endings(self.pool, self.client, timers, self.activity.name)
        self.replies = OptOutReplies(lambda _: api)
        effects = UpdateHandler(self.client, self.activity, endings, self.replies)
        return PollingFeed(api, effects, self.bot.id, self.bot.username, lambda: self.holding)

    async def someone(self) -> int:
        (person,) = await self.people.add_people(1)
        await self.people.start(self.bot.username, person.id)
        return person.id

    async def armed(self, chat: int) -> bool:
        return await Timers(self.client).versions(self.bot.id, [chat]) != [None]

    async def confirmed(self) -> bool:
        return bool(await self.client.hexists(keys.of_bot(self.bot.id).bot, "watermark"))

    async def polls(self, bot: BotInfo) -> list[int | None]:
        """The offsets of the polls that ended, in order."""
        rows = (await self.people.record()).rows
        return [row.offset for row in rows if row.method == "getUpdates" and row.bot_id == bot.id]


@pytest.fixture
async def desk(redis_url: str, database_url: str) -> AsyncIterator[Desk]:
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=2))
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        environ = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
        settings = load_settings({**environ, "TELEGRAM_API_URL": sandbox.api_url}, Path("no.env"))
        client, pool = open_redis(redis_url), await open_pool(database_url)
        desk = Desk(settings, sandbox, people, pool, client)
        await client.set(keys.of_bot(desk.bot.id).poll, "us 1")
        desk.holding = Holding("us 1", await run_of(client))
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        stack.push_async_callback(desk.session.close)
        yield desk


async def test_a_poll_touches_confirms_and_is_acknowledged_by_the_next(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    assert await feed.run_once() == Polled(1)
    assert await desk.armed(person)
    assert await desk.confirmed()
    await desk.people.write(desk.bot.username, person, "hello")
    await feed.run_once()
    first, second = await desk.polls(desk.bot)
    assert first == 0
    assert second
    assert second > 0


async def test_the_people_of_a_poll_share_one_touch_and_each_ones_events_keep_their_order(desk: Desk) -> None:
    """One script for the touches, one for the numbers, one for the confirmation, however many people there are."""
    feed = desk.feed()
    people = [await desk.someone() for _ in range(20)]
    await desk.people.block(desk.bot.username, people[0])
    await desk.people.start(desk.bot.username, people[0])
    await desk.people.block(desk.bot.username, people[1])
    await feed.run_once()
    assert await Timers(desk.client).versions(desk.bot.id, [people[1]]) == [None]
    assert all([await desk.armed(person) for person in people if person != people[1]])
    for person in people[2:]:
        await desk.people.write(desk.bot.username, person, "hello")
    await desk.client.config_resetstat()
    await feed.run_once()
    assert (await desk.client.info("commandstats"))["cmdstat_evalsha"]["calls"] == len(
        ("touch_chats", "record_arrivals", "confirm_feed")
    )


async def test_a_feed_goes_on_where_telegram_restarts_its_numbering(desk: Desk) -> None:
    """The numbers before were higher; a reader that still asked for those would be shown nothing."""
    await Arrivals(desk.client).raise_floor(desk.bot.id, 2_000_000_000)
    feed = desk.feed()
    for expected in (1, 0, 1, 0):
        person = await desk.someone() if expected else None
        assert await feed.run_once() == Polled(expected)
        assert person is None or await desk.armed(person)
    first, second, third, fourth = await desk.polls(desk.bot)
    assert (first, third) == (0, 0)
    assert (await Arrivals(desk.client).look(desk.bot.id)).floor == (fourth or 0) - 1
    assert (second or 0) < (fourth or 0) < 2_000_000_000
    assert await desk.pool.fetchval("SELECT count(*) FROM incidents") == 0


async def test_a_poll_confirms_its_own_end_and_not_the_time_that_its_effects_took(desk: Desk) -> None:
    feed = desk.feed()
    await feed.run_once()
    await desk.people.pay(desk.bot.username, await desk.someone())
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE payments")
        taking = asyncio.create_task(feed.run_once())
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110 - the lock is the signal
            await asyncio.sleep(0.01)
        locked_ms = await server_now_ms(desk.client)
        await asyncio.sleep(0.05)
    await taking
    assert int(await desk.client.hget(keys.of_bot(desk.bot.id).bot, "watermark") or 0) <= locked_ms


async def test_a_feed_that_is_anothers_is_not_polled(desk: Desk) -> None:
    feed = desk.feed()
    desk.holding = None
    assert await feed.run_once() == Polled(0, NOT_OURS_S)
    assert await desk.polls(desk.bot) == []
    desk.holding = Holding("them 1", "")
    assert (await feed.run_once()) == Polled(0, NOT_OURS_S)
    assert not await desk.confirmed()


async def test_a_touch_that_redis_did_not_take_is_neither_acknowledged_nor_confirmed(desk: Desk) -> None:
    person = await desk.someone()
    lost = open_redis(NOWHERE)
    feed = desk.feed(lost)
    for _ in range(2):
        with pytest.raises(UnreachableError):
            await feed.run_once()
    assert await desk.polls(desk.bot) == [0, 0]
    assert not await desk.armed(person)
    assert not await desk.confirmed()
    await lost.aclose()


async def test_a_poll_whose_effects_did_not_stand_confirms_nothing(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await feed.run_once()
    watermark = await desk.client.hget(keys.of_bot(desk.bot.id).bot, "watermark")
    await desk.people.pay(desk.bot.username, person)
    await desk.pool.execute("ALTER TABLE payments RENAME TO elsewhere")
    with pytest.raises(UnreachableError):
        await feed.run_once()
    assert await desk.client.hget(keys.of_bot(desk.bot.id).bot, "watermark") == watermark


async def test_a_payment_that_postgres_did_not_take_is_not_acknowledged(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await feed.run_once()
    await desk.people.pay(desk.bot.username, person)
    await desk.pool.execute("ALTER TABLE payments RENAME TO elsewhere")
    with pytest.raises(UnreachableError):
        await feed.run_once()
    await desk.pool.execute("ALTER TABLE elsewhere RENAME TO payments")
    await feed.run_once()
    assert await desk.pool.fetchval("SELECT count(*) FROM payments WHERE chat_id = $1", person) == 1
    _, failed, repeated = await desk.polls(desk.bot)
    assert failed == repeated


async def test_a_backlog_is_taken_in_before_the_feed_is_confirmed(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await desk.people.act([Act("write", desk.bot.username, person, text="x") for _ in range(LIMIT)])
    await feed.run_once()
    assert not await desk.confirmed()
    await feed.run_once()
    assert await desk.confirmed()


async def test_a_person_who_blocks_and_comes_back_within_one_poll_is_back(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await desk.people.block(desk.bot.username, person)
    await desk.people.unblock(desk.bot.username, person)
    await desk.people.write(desk.bot.username, person, "here again")
    await feed.run_once()
    await desk.activity.flush()
    assert await desk.armed(person)
    assert await desk.pool.fetchval("SELECT unreachable_since FROM chats WHERE chat_id = $1", person) is None


async def test_a_person_who_blocks_last_has_no_timer_and_is_unreachable(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await desk.people.block(desk.bot.username, person)
    await feed.run_once()
    assert not await desk.armed(person)
    assert await desk.pool.fetchval("SELECT unreachable_since FROM chats WHERE chat_id = $1", person)


async def test_a_person_who_unblocks_and_says_nothing_is_still_unreachable(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await feed.run_once()
    await desk.activity.flush()
    await desk.people.block(desk.bot.username, person)
    await desk.people.unblock(desk.bot.username, person)
    await feed.run_once()
    assert not await desk.armed(person)
    assert await desk.pool.fetchval("SELECT unreachable_since FROM chats WHERE chat_id = $1", person)


async def test_a_refund_is_recorded_and_is_not_a_sign_of_life(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await desk.people.pay(desk.bot.username, person)
    await feed.run_once()
    before = await Timers(desk.client).versions(desk.bot.id, [person])
    charge = await desk.pool.fetchval("SELECT external_id FROM payments")
    url = f"{desk.settings.telegram_api_url}/bot{desk.bot.token}/refundStarPayment"
    refund = {"user_id": str(person), "telegram_payment_charge_id": charge}
    async with desk.session.post(url, data=refund) as response:
        assert response.ok
    assert await feed.run_once() == Polled(1)
    assert await desk.pool.fetchval("SELECT status FROM payments") == "refunded"
    assert await Timers(desk.client).versions(desk.bot.id, [person]) == before


async def test_a_contradictory_payment_is_logged_and_still_a_sign_of_life(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    effects = desk.feed()._effects
    for chat, amount in ((41, 1), (42, 2)):
        await effects.take(desk.bot.id, SignOfLife(chat, 0, None, None, None, Charge("c1", amount, "XTR")))
    assert "contradicts an earlier one" in capsys.readouterr().out
    assert [tuple(row) for row in await desk.pool.fetch("SELECT chat_id, amount FROM payments")] == [(41, 1)]
    assert await desk.armed(42)


@pytest.fixture
async def receiver(desk: Desk) -> AsyncIterator[Receiver]:
    """A receiver of both bots that runs a turn only on command; its polls end after the test."""
    for bot in desk.bots:
        await add(desk.settings, Secret(bot.token))
    await desk.client.delete(keys.of_bot(desk.bot.id).poll)
    receiver = Receiver(desk.settings, desk.session, desk.pool, desk.client)
    yield receiver
    await desk.pool.execute("UPDATE bots SET status = 'removed'")
    tasks = [feeding.task for feeding in receiver._feeding.values()]
    await receiver.run_once()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_bots_start_and_stop_with_their_rows(desk: Desk, receiver: Receiver) -> None:
    assert await receiver.run_once() == ReceiverTurn(2)
    await desk.pool.execute("UPDATE bots SET status = 'removed' WHERE id = $1", desk.bot.id)
    assert await receiver.run_once() == ReceiverTurn(1)
    await desk.pool.execute("UPDATE bots SET status = 'active'")
    assert await receiver.run_once() == ReceiverTurn(2)


async def test_without_postgres_the_feeds_are_kept(desk: Desk, receiver: Receiver) -> None:
    await receiver.run_once()
    await desk.client.delete(*(keys.of_bot(bot.id).poll for bot in desk.bots))
    monkeypatched, receiver._feeds._asked_at = receiver._pool, 0.0
    receiver._pool = await open_pool(desk.settings.database_url)
    await receiver._pool.close()
    with pytest.raises(UnreachableError):
        await receiver.run_once()
    receiver._pool = monkeypatched
    assert await desk.client.exists(*(keys.of_bot(bot.id).poll for bot in desk.bots)) == len(desk.bots)


async def test_a_revoked_token_stops_that_bot_alone_and_opens_an_incident(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_loop, "BETWEEN_REFUSALS_S", 0.0)
    await desk.people.revoke_token(desk.bot.username)
    await receiver.run_once()
    await asyncio.wait_for(receiver._feeding[desk.bot.id].task, 20)
    assert await receiver.run_once() == ReceiverTurn(1)
    incidents = await desk.pool.fetch("SELECT bot_id, kind FROM incidents")
    assert [tuple(row) for row in incidents] == [(desk.bot.id, "feed_unauthorized")]


async def test_a_bot_whose_polls_fail_goes_on_polling(
    desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_loop, "BACKOFF_S", (0.0,))
    await desk.people.set_fault(Fault(FaultKind.BAD_GATEWAY, bot=desk.bot.username, method="getUpdates", count=2))
    person = await desk.someone()
    update = await desk.people.write(desk.bot.username, person, "hi")
    await receiver.run_once()
    assert update.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, update.update_id) is not None


async def test_the_last_signs_of_life_are_written_before_the_end(desk: Desk, receiver: Receiver) -> None:
    person = await desk.someone()
    done = await desk.people.write(desk.bot.username, person, "hi")
    stop = asyncio.Event()
    running = asyncio.create_task(receiver.run(stop))
    assert done.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, done.update_id) is not None
    stop.set()
    await running
    assert await desk.pool.fetchval("SELECT count(*) FROM chats WHERE chat_id = $1", person) == 1


async def test_the_process_outlives_lost_connections_and_ends_in_order_on_a_signal(desk: Desk) -> None:
    await add(desk.settings, Secret(desk.bot.token))
    await desk.client.delete(keys.of_bot(desk.bot.id).poll)
    person = await desk.someone()
    environ = {
        "REDIS_URL": desk.settings.redis_url,
        "DATABASE_URL": desk.settings.database_url,
        "ENCRYPTION_KEY": KEY,
        "TELEGRAM_API_URL": desk.settings.telegram_api_url,
        "LOG_FORMAT": "json",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "engine.receiver", cwd=ROOT, env=environ, stdout=PIPE, stderr=PIPE
    )
    assert await desk.people.open_requests(1, 30)
    await desk.client.client_kill_filter(_type="normal", skipme=True)
    await desk.pool.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    written = await desk.people.write(desk.bot.username, person, "a secret that nobody logs")
    assert written.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, written.update_id, 30) is not None
    process.terminate()
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, err) == (0, b"")
    assert b"Receiver stopped" in out
    assert b"secret" not in out
    assert desk.bot.token.encode() not in out
    assert await desk.pool.fetchval("SELECT count(*) FROM chats WHERE chat_id = $1", person) == 1


STRANGE: list[Deed] = ["inline_query", "tap_in_group", "vote_elsewhere", "buy_media"]


@pytest.mark.parametrize("deed", STRANGE)
async def test_what_is_done_elsewhere_counts_for_people_who_started_the_bot_alone(desk: Desk, deed: Deed) -> None:
    person, feed = await desk.someone(), desk.feed()
    (stranger,) = await desk.people.add_people(1)
    await feed.run_once()
    before = await Timers(desk.client).versions(desk.bot.id, [person])
    for one in (person, stranger.id):
        await desk.people.do(Act(deed, desk.bot.username, one, options=(0,)))
    await feed.run_once()
    await desk.activity.flush()
    assert await Timers(desk.client).versions(desk.bot.id, [person]) != before
    assert not await desk.armed(stranger.id)
    assert [row["chat_id"] for row in await desk.pool.fetch("SELECT chat_id FROM chats")] == [person]
    payers = {row["chat_id"] for row in await desk.pool.fetch("SELECT chat_id FROM payments")}
    assert payers == ({person, stranger.id} if deed == "buy_media" else set())


BY_ITSELF: list[Deed] = ["move", "renew"]


@pytest.mark.parametrize("deed", BY_ITSELF)
async def test_what_happens_without_the_person_is_not_a_sign_of_life(desk: Desk, deed: Deed) -> None:
    person, feed = await desk.someone(), desk.feed()
    await desk.people.do(Act("share_location", desk.bot.username, person))
    await feed.run_once()
    before = await Timers(desk.client).versions(desk.bot.id, [person])
    await desk.people.do(Act(deed, desk.bot.username, person))
    assert await feed.run_once() == Polled(int(deed == "renew"))
    now = await Timers(desk.client).versions(desk.bot.id, [person])
    assert now == ([None] if deed == "renew" else before), "a customer is left alone, and a step changes nothing"
    assert await desk.pool.fetchval("SELECT count(*) FROM payments") == (deed == "renew")


async def test_a_reaction_is_a_sign_of_life(desk: Desk) -> None:
    person, feed = await desk.someone(), desk.feed()
    await feed.run_once()
    await desk.activity.flush()
    await Timers(desk.client).end(desk.bot.id, [person])
    url = f"{desk.settings.telegram_api_url}/bot{desk.bot.token}/sendMessage"
    async with desk.session.post(url, data={"chat_id": person, "text": "hi"}) as response:
        assert response.ok
    await desk.people.do(Act("react", desk.bot.username, person))
    await feed.run_once()
    assert await desk.armed(person)
