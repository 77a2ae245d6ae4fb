"""How one chat stands, for screens and logs: what is armed, what was sent, and why nothing is sent right now. Pure.

Nothing is decided from this picture. It is drawn from the facts that the engine decides on, in the engine's words, so
that a screen and a log agree. Where Redis and PostgreSQL differ, PostgreSQL has the cursor and Redis the clock.
"""

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from engine.core.campaign.forecast import forecast
from engine.core.campaign.snapshot import Snapshot
from engine.core.content import preview
from engine.core.delivery import cursor as cursors
from engine.core.delivery import gate, sequence, state_machine
from engine.core.delivery.gate import Facts, Pass, Plan, Reason, Wait
from engine.core.identity import newer_sign
from engine.core.schedule import step_schedule

_LONGEST_WORDS: Final = 60


class Phase(StrEnum):
    NOTHING_ARMED = "nothing_armed"
    WAITING_FOR_SILENCE = "waiting_for_silence"
    STEP_SCHEDULED = "step_scheduled"
    HELD_BY_POLLER = "held_by_poller"
    SENDING = "sending"


class Armed(NamedTuple):
    """A chat's timer. `fires_ms` is when Redis gives it out: when it is due, or when a lease ends."""

    seen_ms: int
    due_ms: int
    on_wire: bool
    opaque: str
    fires_ms: int

    @property
    def awaits_silence(self) -> bool:
        return not self.opaque

    def leased(self, now_ms: int) -> bool:
        return self.fires_ms != self.due_ms and self.fires_ms > now_ms


class Clockwork(NamedTuple):
    """What Redis holds for a bot and one of its chats. Timers due after `ripe_until_ms` wait for the feed."""

    now_ms: int
    lost: bool
    held_until_ms: int
    watermark_ms: int | None
    ripe_until_ms: int
    armed: Armed | None


class Delivery(msgspec.Struct, frozen=True):
    step: str
    block: str
    status: str
    reason: str | None
    due_ms: int
    sent_ms: int | None
    attempts: int
    crossed: bool
    campaign_version: int


class Episode(msgspec.Struct, frozen=True):
    """One silence, open while `ended_ms` is None, with its deliveries in the order in which they were planned."""

    episode_id: int
    campaign_version: int
    began_ms: int
    ended_ms: int | None
    reason: str | None
    returned_ms: int | None
    deliveries: tuple[Delivery, ...] = ()

    @property
    def cursor(self) -> Delivery | None:
        """The one delivery that comes next."""
        open_ones = (one for one in self.deliveries if one.status in ("scheduled", "sending"))
        return next(open_ones, None) if self.ended_ms is None else None


class KnownChat(NamedTuple):
    """What PostgreSQL knows of a bot and one of its chats; the newest episode first."""

    bot_id: int
    username: str
    campaign_version: int | None
    last_active_ms: int | None
    facts: Facts
    episodes: tuple[Episode, ...]

    @property
    def current(self) -> Episode | None:
        return next((one for one in self.episodes if one.ended_ms is None), None)


class PublishedVersions(NamedTuple):
    """The newest version, and the one in which the step at the cursor began."""

    newest: Snapshot | None
    pinned: Snapshot | None


class Against(msgspec.Struct, frozen=True):
    """A reason why nothing would be sent now; `until_ms` where that is known."""

    reason: Reason
    until_ms: int | None = None


class BlockPlace(msgspec.Struct, frozen=True):
    step: str
    block: str


class StepOutline(msgspec.Struct, frozen=True):
    """A published step; `due_ms` is when it would be due if the current silence lasts."""

    key: str
    schedule: str
    active: bool
    blocks: tuple[str, ...]
    due_ms: int | None


class Standing(msgspec.Struct, frozen=True):
    """Every moment in ms of the Redis server's clock, `now_ms` included, so that a countdown is right.

    `words` are the first ones of each block that has some, by `step/block`, so that people recognise it.
    """

    now_ms: int
    bot_id: int
    bot: str
    chat_id: int
    phase: Phase
    last_seen_ms: int | None
    next_due_ms: int | None
    next: BlockPlace | None
    lease_until_ms: int | None
    against: tuple[Against, ...]
    bot_status: str
    campaign_state: str
    campaign_version: int | None
    threshold_ms: int | None
    zone: str | None
    emergency_stop: bool
    watermark_ms: int | None
    episodes: tuple[Episode, ...]
    sequence: tuple[StepOutline, ...]
    words: dict[str, str]


def draw(chat_id: int, redis: Clockwork, known: KnownChat, published: PublishedVersions) -> Standing:
    newest, armed = published.newest, redis.armed
    return Standing(
        now_ms=redis.now_ms,
        bot_id=known.bot_id,
        bot=known.username,
        chat_id=chat_id,
        phase=phase(redis, known),
        last_seen_ms=armed.seen_ms if armed else known.last_active_ms,
        next_due_ms=_next_due_ms(armed, known),
        next=_next(armed, known),
        lease_until_ms=armed.fires_ms if armed and armed.leased(redis.now_ms) else None,
        against=against(chat_id, redis, known, published),
        bot_status=known.facts.bot_status,
        campaign_state=known.facts.campaign_state,
        campaign_version=known.campaign_version,
        threshold_ms=newest.threshold_ms if newest else None,
        zone=newest.zone if newest else None,
        emergency_stop=known.facts.emergency_stop,
        watermark_ms=redis.watermark_ms,
        episodes=known.episodes,
        sequence=_outline(newest, armed),
        words=_words(published),
    )


def phase(redis: Clockwork, known: KnownChat) -> Phase:
    armed = redis.armed
    if armed is None:
        return Phase.STEP_SCHEDULED if _cursor(None, known) else Phase.NOTHING_ARMED
    if armed.on_wire:
        return Phase.SENDING
    if armed.leased(redis.now_ms):
        return Phase.HELD_BY_POLLER
    return Phase.WAITING_FOR_SILENCE if armed.awaits_silence else Phase.STEP_SCHEDULED


def against(chat_id: int, redis: Clockwork, known: KnownChat, published: PublishedVersions) -> tuple[Against, ...]:
    """First the reasons for which Redis refuses a claim, then what the gate would say about the next block."""
    found = []
    if redis.lost:
        found.append(Against(Reason.REDIS_LOST))
    if redis.held_until_ms > redis.now_ms:
        found.append(Against(Reason.RETRY_AFTER, redis.held_until_ms))
    if redis.armed and redis.ripe_until_ms < redis.armed.fires_ms <= redis.now_ms:
        found.append(Against(Reason.FEED_STALE))
    verdict = gate.judge(_facts(redis.armed, known), _plan(chat_id, redis, known, published))
    if isinstance(verdict, Wait):
        found.append(Against(verdict.reason, verdict.until_ms))
    elif not isinstance(verdict, Pass):
        found.append(Against(verdict.reason))
    return tuple(found)


def _facts(armed: Armed | None, known: KnownChat) -> Facts:
    """A return ended the previous silence; it is no argument against the current one."""
    return known.facts._replace(returned=False) if armed and armed.awaits_silence else known.facts


def _plan(chat_id: int, redis: Clockwork, known: KnownChat, published: PublishedVersions) -> Plan:
    newest, place = published.newest, _next(redis.armed, known)
    if newest is None or place is None:
        return Plan(skip_paid=newest is not None and newest.skip_paid)
    step = sequence.find_step(published.pinned or newest, place.step)
    block = sequence.find_block(step, place.block)
    due_ms = _next_due_ms(redis.armed, known) or redis.now_ms
    delivery = _cursor(redis.armed, known)
    begun = delivery is not None and delivery.campaign_version > 0
    return state_machine.plan(newest, step, block, due_ms, redis.now_ms, chat_id, begun=begun)


def _next(armed: Armed | None, known: KnownChat) -> BlockPlace | None:
    if delivery := _cursor(armed, known):
        return BlockPlace(delivery.step, delivery.block)
    cursor = cursors.read(armed.opaque) if armed else None
    return BlockPlace(cursor.step, cursor.block) if cursor else None


def _next_due_ms(armed: Armed | None, known: KnownChat) -> int | None:
    if armed:
        return armed.due_ms
    delivery = _cursor(armed, known)
    return delivery.due_ms if delivery else None


def _cursor(armed: Armed | None, known: KnownChat) -> Delivery | None:
    """Redis learns of a return first, PostgreSQL a moment later."""
    if known.current is None or (armed and newer_sign(armed.seen_ms, known.current.episode_id)):
        return None
    return known.current.cursor


def _outline(newest: Snapshot | None, armed: Armed | None) -> tuple[StepOutline, ...]:
    if newest is None:
        return ()
    awaited = armed and armed.awaits_silence
    planned = forecast(newest, armed.due_ms - newest.threshold_ms) if armed and awaited else ()
    due = {step.step: step.due_ms for step in planned}
    return tuple(
        StepOutline(
            step.key,
            step_schedule.write(step.schedule),
            step.active,
            tuple(block.key for block in step.blocks if block.active),
            due.get(step.key),
        )
        for step in newest.steps
    )


def _words(published: PublishedVersions) -> dict[str, str]:
    """The newest version has the last word on a block that is in both."""
    steps = [step for version in (published.pinned, published.newest) if version for step in version.steps]
    places = ((f"{step.key}/{block.key}", block.content) for step in steps for block in step.blocks)
    return {place: words for place, content in places if (words := preview.beginning(content, _LONGEST_WORDS))}
