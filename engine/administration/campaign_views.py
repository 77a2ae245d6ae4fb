"""What admins see of a campaign, by whichever door: each look is one transaction, and writes nothing."""

from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from engine.administration import lookup
from engine.core.campaign import checks
from engine.core.campaign.checks import Fault
from engine.core.campaign.forecast import PlannedStep, forecast
from engine.core.campaign.lifecycle import State
from engine.core.campaign.snapshot import Snapshot
from engine.core.content.templates import Person
from engine.core.errors import NotFoundError
from storage.postgres import campaigns, chats
from storage.postgres import queue_counts as waiting_rows
from storage.postgres.campaigns import Campaign
from storage.postgres.pool import Pool, transaction

MOST_COUNTED: Final = 10_000


class Overview(msgspec.Struct, frozen=True):
    """A campaign as an admin sees it. `plan` is for a user who falls silent at the given moment."""

    state: State
    stopped_everywhere: bool
    draft_revision: int
    published_version: int | None
    draft_is_published: bool
    draft: Snapshot
    shown: Snapshot
    plan: tuple[PlannedStep, ...]


class Queue(NamedTuple):
    """How many people wait for a bot's next message, and when the first and the last of them are due, in ms."""

    waiting: int
    next_ms: int | None
    last_ms: int | None


class CampaignStatus(NamedTuple):
    """The state of a campaign, how many people are in its sequence, and a number that changes with every start, pause,
    end and publication.
    """

    state: State
    paused_from: State | None
    waiting: int
    revision: int


class Review(NamedTuple):
    """A draft beside the published version, if there is one, and the faults that prevent publishing it."""

    draft_revision: int
    draft: Snapshot
    published_version: int | None
    published: Snapshot | None
    faults: tuple[Fault, ...]


class Version(msgspec.Struct, frozen=True):
    """A version as an admin sees it; the one in force is what the engine reads."""

    number: int
    published_at: int
    in_force: bool


class History(msgspec.Struct, frozen=True):
    """Every version, the newest first, and the admins' time zone."""

    zone: str
    versions: tuple[Version, ...]


class Pair(msgspec.Struct, frozen=True):
    """The draft, and the published version, if there is one."""

    draft_revision: int
    draft: Snapshot
    published_version: int | None
    published: Snapshot | None


async def show(pool: Pool, bot: str, now_ms: int) -> Overview:
    """Show the published version, or the draft where nothing is published."""
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        found = await lookup.campaign(connection, bot_id, bot)
        draft = await lookup.draft(connection, bot_id, bot)
        version, shown = await campaigns.load_published(connection, bot_id) or (None, draft)
        return Overview(
            state=found.state,
            stopped_everywhere=await campaigns.load_emergency_stop(connection),
            draft_revision=found.draft_revision,
            published_version=version,
            draft_is_published=version is not None and shown == draft,
            draft=draft,
            shown=shown,
            plan=forecast(shown, now_ms),
        )


async def stand(pool: Pool, bot_id: int) -> CampaignStatus:
    """The status of a campaign. Raises NotFoundError if nothing has been composed."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        waiting = await chats.count_open(connection, bot_id)
    if found is None:
        raise NotFoundError("There is no campaign yet: create one first.")
    return CampaignStatus(found.state, found.paused_from, waiting, _revision(found))


async def draft(pool: Pool, bot_id: int) -> tuple[int, Snapshot] | None:
    """The revision and the draft as they are now; None if there is no draft."""
    async with transaction(pool) as connection:
        await lookup.hold(connection, bot_id)
        found = await campaigns.load_campaign(connection, bot_id)
        snapshot = await campaigns.load_draft(connection, bot_id)
    return (found.draft_revision, snapshot) if found and snapshot else None


async def can_undo(pool: Pool, bot_id: int, now_ms: int) -> bool:
    """Whether there is an edit to undo."""
    async with transaction(pool) as connection:
        return await lookup.undoable(connection, bot_id, now_ms) is not None


async def review(pool: Pool, bot_id: int, min_threshold_ms: int) -> Review:
    """Look at a draft before it is published. Raises NotFoundError if nothing has been composed."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        draft = await campaigns.load_draft(connection, bot_id)
        if found is None or draft is None:
            raise NotFoundError("There is no campaign yet: create one first.")
        version, published = await campaigns.load_published(connection, bot_id) or (None, None)
        faults = (*checks.faults(draft, min_threshold_ms), *await lookup.lacking(connection, draft))
    return Review(found.draft_revision, draft, version, published, faults)


async def compare(pool: Pool, bot: str) -> Pair:
    """Load the draft and the published version, as of one moment."""
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        found = await lookup.campaign(connection, bot_id, bot)
        version, published = await campaigns.load_published(connection, bot_id) or (None, None)
        return Pair(found.draft_revision, await lookup.draft(connection, bot_id, bot), version, published)


async def version(pool: Pool, bot: str, number: int) -> Snapshot:
    """Load a published version."""
    async with transaction(pool) as connection:
        return await lookup.version(connection, await lookup.bot(connection, bot), bot, number)


async def history(pool: Pool, bot: str) -> History:
    """List the versions; there may be none yet."""
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        found = await lookup.campaign(connection, bot_id, bot)
        draft = await lookup.draft(connection, bot_id, bot)
        listed = await campaigns.list_versions(connection, bot_id)
    return History(draft.zone, tuple(Version(n, at, n == found.published_version) for n, at in listed))


async def rehearsed(pool: Pool, bot: str, chat_id: int) -> tuple[Snapshot, Person]:
    """Load the draft, and the profile of the person it is tried on, as far as it is known."""
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        return await lookup.draft(connection, bot_id, bot), await chats.person(connection, bot_id, chat_id)


async def waiting(pool: Pool, bot_id: int) -> int:
    """How many people are in the middle of a bot's sequence."""
    async with transaction(pool) as connection:
        return await chats.count_open(connection, bot_id)


async def waiting_at(pool: Pool, bot_id: int, step: str) -> int:
    """How many people wait for a step of a bot's sequence."""
    async with transaction(pool) as connection:
        return await waiting_rows.count_at(connection, bot_id, step)


async def queue(pool: Pool, bot_id: int) -> Queue:
    """How many messages are being sent right now."""
    async with transaction(pool) as connection:
        return Queue(*await waiting_rows.queue(connection, bot_id))


async def count_silent(pool: Pool, bot_id: int, since_ms: int) -> int:
    """How many people fell silent after that moment and before the activation; counted up to MOST_COUNTED."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        published = await campaigns.load_published(connection, bot_id)
        if found is None or found.activated_at is None or published is None:
            return 0
        upto_ms, skip = found.activated_at, published[1].skip_paid
        return await waiting_rows.count_silent(connection, bot_id, since_ms, upto_ms, skip_paid=skip, most=MOST_COUNTED)


async def person(pool: Pool, bot_id: int, chat_id: int) -> Person:
    """What a bot knows about a person."""
    async with transaction(pool) as connection:
        return await chats.person(connection, bot_id, chat_id)


async def is_stopped_everywhere(pool: Pool) -> bool:
    """Whether the emergency stop is engaged."""
    async with transaction(pool) as connection:
        return await campaigns.load_emergency_stop(connection)


def _revision(found: Campaign) -> int:
    return crc32(f"{found.state} {found.published_version} {found.activated_at} {found.paused_at}".encode())
