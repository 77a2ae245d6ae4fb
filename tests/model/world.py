"""One bot with the real scripts and statements, and everything that can happen to them, one event at a time.

Nothing happens by itself: the test moves the clock, journeys stop before every door, and activity is written only by
`flush`. `promises` checks each event; this file checks the state between events and at the end.
"""

from typing import Any, NamedTuple, cast

from engine.core.campaign.document import encode
from engine.core.campaign.snapshot import Block, Snapshot, Step
from engine.core.content.model import Text
from engine.core.delivery.lane_state import LaneState
from engine.core.errors import UnreachableError
from engine.core.schedule.step_schedule import After
from engine.poller.batched_io import Doors
from engine.poller.reaper import PATIENCE_MS, reap
from engine.poller.rebuild import rebuild
from engine.poller.served_bots import ServedBots
from engine.poller.shard import TTL_MS
from engine.receiver.events import Charge, Gone, SignOfLife
from storage.postgres import receiver_bots
from storage.redis import keys
from storage.redis.timer_values import ClaimCode, Ticket
from storage.redis.timers import Timers
from tests.model.ground import Ground
from tests.model.hand_clock import START_MS, HandClock
from tests.model.journeys import Journey, StoppingDoors
from tests.model.pollers import Pollers
from tests.model.promises import DELAYS_MS, LEASE_MS, THRESHOLD_MS, Message, Promises, hold
from tests.model.receivers import Receiver
from tests.model.replica import Replica, replicate

BOT = 7
ACTIVATED_MS = START_MS - 60_000
FLUSH_WITHIN_MS = 30_000
REPEATED_MS = 30_000
"""Receivers keep the signs of life of a minute."""
BEFORE_THE_WIRE = {"begin", "claim", "pass"}
LAST_EPOCH = 10**15
"""Higher than any that a clock gives."""
ROUNDS = 80
"""Everything must have come to rest after this number of leases."""

VARIANTS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "as it was": (("hello", ("one", "two")), ("later", ("three",))),
    "step deleted": (("hello", ("one", "two")),),
    "first step deleted": (("later", ("three",)),),
    "reordered": (("later", ("three",)), ("hello", ("one", "two"))),
    "inserted": (("hello", ("one", "two")), ("extra", ("four",)), ("later", ("three",))),
    "step off": (("-hello", ("one", "two")), ("later", ("three",))),
    "block off": (("hello", ("one", "-two")), ("later", ("three",))),
    "block deleted": (("hello", ("two",)), ("later", ("three",))),
}
HALTS = {
    "paused": "UPDATE recovery_campaigns SET state = 'paused'",
    "stopped": "UPDATE recovery_campaigns SET state = 'stopped'",
    "bot paused": "UPDATE bots SET status = 'paused'",
    "emergency": "INSERT INTO switches (name, engaged, changed_at) VALUES ('emergency_stop', true, 0)",
}


def snapshot(variant: str, version: int) -> Snapshot:
    """A campaign whose texts name their step, block and version."""
    steps = [_step(name, blocks, version) for name, blocks in VARIANTS[variant]]
    return Snapshot(zone="UTC", steps=tuple(steps), threshold_ms=THRESHOLD_MS)


def _step(name: str, blocks: tuple[str, ...], version: int) -> Step:
    key = name.removeprefix("-")
    return Step(key, After(DELAYS_MS[key]), tuple(_block(key, block, version) for block in blocks), name == key)


def _block(step: str, name: str, version: int) -> Block:
    key = name.removeprefix("-")
    return Block(key, Text(f"{step}/{key}/{version}"), active=name == key)


class OpenVault:
    def decrypt(self, _ciphertext: bytes) -> str:
        return "token"


class Rules(NamedTuple):
    """What a mutant may change in a poller."""

    doors: type[StoppingDoors] = StoppingDoors
    ahead_ms: int = 0


class World:
    def __init__(self, ground: Ground, rules: Rules) -> None:
        self.ground, self.rules = ground, rules
        self.pool, self.client = ground.pool, ground.client
        self.clock = HandClock()
        cast("Any", self.client).time = self.clock.time  # no server's clock decides here
        self.promises = Promises()
        self.journeys: list[Journey] = []
        self.edited = self.halted = False
        self._version = 0
        self._unflushed_ms: int | None = None
        self._unacknowledged: list[SignOfLife | Gone] = []
        self._watched: dict[int, receiver_bots.Watched] = {}
        self._receivers = [self._receiver(name) for name in ("one", "two")]
        self.pollers = Pollers(self.client, self.clock, BOT)
        self._replica: Replica | None = None
        self._replicated_ms = 0
        self._poller_clock = HandClock(self.clock, rules.ahead_ms)
        self.timers = Timers(self.client, self._poller_clock.now_us)
        self.catalogue = ServedBots(self.pool, cast("Any", OpenVault()))
        self._doors = Doors(self.pool, self.client, self.timers, cast("Any", None), cast("Any", self._poller_clock))

    def _receiver(self, name: str) -> Receiver:
        return Receiver(name, self.pool, self.client, self.clock, self._watched_bot)

    def _watched_bot(self, bot_id: int) -> receiver_bots.Watched | None:
        return self._watched.get(bot_id)

    async def open(self) -> None:
        await self.ground.sweep()
        await self.pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES ($1, 'bot', '', 0)", BOT)
        await self.pool.execute(
            "INSERT INTO recovery_campaigns (bot_id, state, threshold_ms, zone, lateness_ms, activated_at)"
            " VALUES ($1, 'live', $2, 'UTC', 1000000, $3)",
            *(BOT, THRESHOLD_MS, ACTIVATED_MS),
        )
        await self.publish("as it was")
        self.edited = False
        await self.refresh()
        await self.pollers.open()
        await self.rebuild()
        await self.confirm()

    # --- people: `by` is the receiver that takes their update in

    async def sign(self, chat: int, seen_ms: int = 0, by: int = 0) -> None:
        """A sign of life; 0 is undated, a dated one is the end of its second."""
        await self._take(SignOfLife(chat, seen_ms, None, None, None), by)

    async def pay(self, chat: int, crash: str = "", by: int = 0) -> None:
        payment = Charge(f"p{chat}", 1, "BRL")
        await self._take(SignOfLife(chat, self.clock.now_ms(), None, None, None, payment), by, crash)

    async def block(self, chat: int, crash: str = "", by: int = 0) -> None:
        """In a second of its own: Telegram dates blocks by second, and the order within a second is lost."""
        self.clock.us = (self.clock.us // 1_000_000 + 1) * 1_000_000 + 1_000
        await self._take(Gone(chat, self.clock.now_ms() // 1000 * 1000), by, crash)

    async def _take(self, event: SignOfLife | Gone, by: int, crash: str = "") -> None:
        """A receiver that failed has not acknowledged the update: it comes again, before any later one."""
        await self._take_again(by)
        receiver = self._receivers[by]
        receiver.timers.crash = crash
        try:
            await receiver.effects.take(BOT, event)
        except UnreachableError:
            self._unacknowledged.append(event)
            return
        finally:
            receiver.timers.crash = ""
        now = self.clock.now_ms()
        if isinstance(event, Gone):
            self.promises.gone[event.chat_id] = event.at_ms
            return
        if event.payment:
            self.promises.paid.add(event.chat_id)
        self.promises.signed(event.chat_id, event.seen_ms, now)
        self._unflushed_ms = self._unflushed_ms or now

    async def _take_again(self, by: int = 0) -> None:
        waiting, self._unacknowledged = self._unacknowledged, []
        for event in waiting:
            await self._take(event, by)

    # --- the receivers

    async def confirm(self) -> None:
        """A completed poll: unacknowledged updates have come again, and the feed is fresh."""
        await self._take_again()
        await self._look()
        asked = [await receiver.confirm(BOT) for receiver in self._receivers]
        confirmed = [one.now_ms for one in asked if one]
        hold("one receiver has the feed", kept=len(confirmed) == 1, confirmed=confirmed)
        self.promises.watermark_ms = max(confirmed)

    async def _look(self) -> None:
        """Each receiver looks every second: which server is it, and whose is the feed?"""
        for receiver in self._receivers:
            await receiver.look(BOT)

    async def hand_over_the_feed(self) -> None:
        """The receiver that asks first has it from now on."""
        self._receivers.reverse()
        for receiver in self._receivers:
            await receiver.feeds.release()

    async def flush(self) -> None:
        for receiver in self._receivers:
            await receiver.activity.flush()
        self._unflushed_ms = None
        for row in await self.pool.fetch("SELECT chat_id, episode_id FROM recovery_episodes WHERE ended_at IS NULL"):
            silence = self.promises.silences[row["chat_id"]]
            hold(
                "a flushed sign of life ends older episodes",
                kept=row["episode_id"] // 1000 >= silence.second,
                row=tuple(row),
            )

    # --- time and admins

    async def pass_time(self, ms: int, *, feed: bool = True) -> None:
        if self._unflushed_ms and self.clock.now_ms() + ms - self._unflushed_ms > FLUSH_WITHIN_MS:
            await self.flush()
        self.clock.us += ms * 1000
        if feed:
            await self.confirm()

    async def publish(self, variant: str) -> None:
        self.edited, self._version = True, self._version + 1
        document = encode(snapshot(variant, self._version))
        await self.pool.execute(
            "INSERT INTO recovery_versions (bot_id, version, layout, document, published_at)"
            " VALUES ($1, $2, 1, $3::text::jsonb, 0)",
            *(BOT, self._version, document),
        )
        await self.pool.execute("UPDATE recovery_campaigns SET published_version = $1", self._version)
        await self._refresh_receiver()

    async def halt(self, how: str) -> None:
        if self.promises.halted_at_ms is None:
            self.halted = True
            await self.pool.execute(HALTS[how])
            self.clock.us += 1000
            self.promises.halted_at_ms = self.clock.now_ms() - 1
            await self._refresh_receiver()

    async def resume(self) -> None:
        self.promises.halted_at_ms = None
        await self.pool.execute("UPDATE recovery_campaigns SET state = 'live'; UPDATE bots SET status = 'active'")
        await self.pool.execute("DELETE FROM switches")
        await self._refresh_receiver()

    async def _refresh_receiver(self) -> None:
        self._watched = {bot.bot_id: bot for bot in await receiver_bots.list_watched(self.pool)}

    # --- pollers

    async def refresh(self) -> None:
        await self.catalogue.refresh()

    async def claim(self, limit: int = 10, epoch: int = 1, fresh: int = 0) -> ClaimCode | None:
        """The part of a lane's turn that concerns Redis; its journeys stop before their first door."""
        bot = self.catalogue.bots[BOT]
        if bot.state is LaneState.SHUT:
            return None
        claimed = await self.timers.claim(BOT, limit, LEASE_MS, epoch, fresh)
        for held in claimed.timers:
            self.promises.claimed(held.due_ms, self.clock.now_ms())
            doors = self.rules.doors(self._doors, self.promises, self._poller_clock, held)
            journey = Journey(doors, self.catalogue, bot)
            self.journeys.append(journey)
            await journey.settle_in()
        self._forget_done()
        return claimed.code

    async def claim_as(self, poller: str, limit: int, fresh: int) -> None:
        """A claim by a process that believes the bot to be its own, whether it still is or not."""
        if poller == "a newer":
            await self.pass_time(TTL_MS, feed=False)
            await self.pollers.take_over()
        if epochs := self.pollers.epochs():
            await self.claim(limit, epochs[0] if poller == "an older" else epochs[-1], fresh)

    async def turn(self, epoch: int | None = None) -> None:
        """A claim by a poller that rebuilds the timers if they are lost; by the bot's own, unless an epoch is given."""
        if epoch is None:
            await self.pollers.look_all()
            epoch = self.pollers.epochs()[-1]
        if await self.claim(epoch=epoch) is ClaimCode.LOST:
            await self.rebuild()

    async def run(self, journey: Journey, until: str = "", answer: str = "accepted") -> None:
        await journey.run(until, answer)
        self._forget_done()

    async def step(self, journey: Journey, answer: str = "accepted") -> None:
        await journey.step(answer)
        self._forget_done()

    async def die(self, journey: Journey) -> None:
        await journey.die()
        self._forget_done()

    def _forget_done(self) -> None:
        self.journeys = [journey for journey in self.journeys if not journey.done]

    async def extend(self) -> None:
        tickets = [Ticket(journey.doors.held.chat_id, journey.doors.held.version) for journey in self.journeys]
        await self.timers.extend(BOT, tickets, LEASE_MS)

    async def lose_redis(self) -> None:
        self.promises.watermark_ms = 0
        await self.client.flushall()

    async def replicate(self) -> None:
        self._replica, self._replicated_ms = await replicate(self.client), self.clock.now_ms()

    async def fail_over(self) -> None:
        """Redis is as its replica has it, if that lags by no more than receivers can repeat.

        A journey that has not passed ends with its connection. One that has passed goes on, and nothing in Redis says
        so: if its person writes before the timers are rebuilt, its delivery may be cancelled as surely unsent.
        """
        replica, self._replica = self._replica, None
        if replica is None or self.clock.now_ms() - self._replicated_ms > REPEATED_MS:
            return
        for journey in list(self.journeys):
            if journey.doors.place in BEFORE_THE_WIRE:
                await self.die(journey)
            else:
                self.promises.unmarked.add(journey.doors.message)
        await replica.promote(self.client, BOT)
        self.promises.watermark_ms = int(await self.client.hget(keys.of_bot(BOT).bot, "watermark") or 0)

    async def rebuild(self) -> None:
        """Begins when every receiver has looked. Takes a moment, so that no two generations are equal."""
        await self._look()
        self.clock.us += 1_000
        newest = self.catalogue.bots[BOT].newest
        assert newest
        await rebuild(self.pool, self.client, self.timers, BOT, newest, ACTIVATED_MS, run="")

    async def reap(self) -> None:
        await reap(self.pool, self.timers, self.clock.now_ms())

    # --- what stays true

    async def check(self) -> None:
        """What must be true between any two events."""
        await self._check_timers()
        rows = await self.pool.fetch(
            "SELECT e.chat_id, e.episode_id, e.reason AS ended, d.step_key, d.block_key, d.status, d.reason"
            " FROM recovery_episodes e JOIN recovery_deliveries d USING (bot_id, chat_id, episode_id)"
            " ORDER BY d.ordinal, d.status = 'scheduled'"
        )
        last = {(row["chat_id"], row["episode_id"]): row for row in rows}
        for row in rows:
            stuck = row["status"] == "scheduled" and row["ended"] is not None
            hold("nothing stays scheduled in an ended episode", kept=not stuck, row=tuple(row))
            if row["status"] == "unknown":
                self.promises.unknown.add(_message(row))
        for row in last.values():
            active = row["ended"] is not None or row["status"] in ("scheduled", "sending", "unknown")
            hold("an open episode has its next delivery", kept=active, row=tuple(row))

    async def _check_timers(self) -> None:
        k = keys.of_bot(BOT)
        timers = set(await self.client.zrange(k.timers, 0, -1))
        states = set(await self.client.hkeys(k.state))
        hold("one timer per chat", kept=timers == states, timers=timers, states=states)

    async def come_to_rest(self) -> None:
        """Every poller is killed; a new one takes over, and time passes until nothing is left to do."""
        for journey in list(self.journeys):
            await self.die(journey)
        await self.resume()
        await self.refresh()
        await self.confirm()
        await self.flush()
        for _ in range(ROUNDS):
            await self._next_lease()
            if not await self.client.zcard(keys.of_bot(BOT).timers):
                break
        await self.pass_time(PATIENCE_MS + 1)
        await self.reap()
        await self.check()
        await self._check_rest()

    async def _next_lease(self) -> None:
        await self.pass_time(LEASE_MS + 100)
        await self.turn(LAST_EPOCH)
        for journey in list(self.journeys):
            await self.run(journey)

    async def close(self) -> None:
        for journey in self.journeys:
            await journey.die()

    async def _check_rest(self) -> None:
        left = await self.client.zcard(keys.of_bot(BOT).timers)
        hold("everything comes to rest", kept=not left, left=left)
        open_episodes = await self.pool.fetch("SELECT * FROM recovery_episodes WHERE ended_at IS NULL")
        hold("no episode stays open", kept=not open_episodes, rows=[tuple(row) for row in open_episodes])
        rows = await self.pool.fetch("SELECT * FROM recovery_deliveries")
        for row in rows:
            self._check_row(row)
        known = {_message(row): row["status"] for row in rows}
        for message in self.promises.wire:
            told = known.get(message) in ("sent", "unknown", *self.promises.also_true_of(message))
            hold("a message that left is recorded", kept=told, message=message, stands=known.get(message))
        for message in self.promises.heard:
            recorded = known.get(message) in ("sent", *self.promises.also_true_of(message))
            hold("what is heard is recorded", kept=recorded, message=message, stands=known.get(message))
        for message in filter(self.promises.must_be_marked, self.promises.crossed):
            row = next(row for row in rows if _message(row) == message)
            hold(
                "a message that crossed is recorded as such",
                kept=row["crossed"] or row["status"] in ("unknown", *self.promises.also_true_of(message)),
                row=tuple(row),
            )
        await self._check_nothing_is_lost(set(known))

    def _check_row(self, row: Any) -> None:
        status, message = row["status"], _message(row)
        hold("nothing hangs", kept=status not in ("scheduled", "sending"), row=tuple(row))
        explained = status in ("sent", "unknown") or row["reason"] is not None
        hold("a delivery that was not sent has a reason", kept=explained, row=tuple(row))
        hold(
            "a delivery that is called sent has left",
            kept=status != "sent" or message in self.promises.wire,
            row=tuple(row),
        )

    async def _check_nothing_is_lost(self, known: set[Message]) -> None:
        for chat, silence in self.promises.silences.items():
            if self.halted or chat in self.promises.paid or chat in self.promises.gone:
                continue
            reasons = await self.pool.fetch(
                "SELECT reason FROM recovery_episodes WHERE chat_id = $1 AND episode_id / 1000 = $2",
                *(chat, silence.second),
            )
            refused = self.promises.may_be_unreachable(chat)
            allowed = [["completed"], ["unreachable"], []] if refused else [["completed"]]
            ended = [row["reason"] for row in reasons]
            hold("no silence is lost", kept=ended in allowed, chat=chat, silence=silence, ended=ended)
            if not self.edited and ended == ["completed"]:
                blocks = (("hello", "one"), ("hello", "two"), ("later", "three"))
                missing = {Message(chat, silence.second, *block) for block in blocks} - known
                hold("no block is lost", kept=not missing, missing=missing)


def _message(row: Any) -> Message:
    return Message(row["chat_id"], row["episode_id"] // 1000, row["step_key"], row["block_key"])
