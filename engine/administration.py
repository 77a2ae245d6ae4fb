"""What admins may do with a campaign, by whichever door: read, decide, write with audit, in one transaction.

Rights are not judged here: the manager judges those of its admins at every press, and the command line is for those who
hold the database's password.
A repeated action is no error and leaves no second line in the audit log. A stop reads no document, so that
even a broken campaign can be stopped.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias
from zlib import crc32

import msgspec

from engine.core import campaign, replan, schedule
from engine.core.campaign import Action, Change, Fault, Planned, Snapshot, State
from engine.core.content import Asset
from engine.core.errors import CampaignError, NotFoundError, StaleError
from engine.core.gate import Reason
from engine.core.limits import SUITABLE
from engine.core.replan import Included, Mode, Policy, Published, Resumed, Welcomed
from engine.core.templates import Person
from storage import audit, bots, campaigns, chats, media, replans
from storage import waiting as waiting_rows
from storage.campaigns import Campaign
from storage.postgres import Connection, Pool, transaction

UNDO_MS: Final = 600_000
MOST_COUNTED: Final = 10_000
_EDITED: Final = "campaign.draft"
_UNDONE: Final = "campaign.undo"
_OF_THE_DRAFT: Final = (_EDITED, "campaign.revert", _UNDONE)
"""Whatever changes a draft. What else is done to a campaign leaves the draft's last edit to be taken back."""

Edit: TypeAlias = Callable[[Snapshot], Snapshot]


class Overview(msgspec.Struct, frozen=True):
    """A campaign as an admin sees it. `plan` is that of a user who falls silent at the moment asked for."""

    state: State
    stopped_everywhere: bool
    draft_revision: int
    published_version: int | None
    draft_is_published: bool
    draft: Snapshot
    shown: Snapshot
    plan: tuple[Planned, ...]


class Queue(NamedTuple):
    """How many people wait for a next message of a bot, and when the next and the last of them are due, in ms."""

    waiting: int
    next_ms: int | None
    last_ms: int | None


class Stand(NamedTuple):
    """How a campaign stands, how many people are in the middle of its sequence, and a number that changes with every
    start, pause, end and publication.
    """

    state: State
    paused_from: State | None
    waiting: int
    revision: int


class Publishing(NamedTuple):
    """What is published and how: the draft of this revision, what becomes of those who wait, and whether a shorter
    threshold counts for the silences that are armed already.
    """

    revision: int | None = None
    mode: Mode = "update"
    include: bool = False


_AS_IT_STANDS: Final = Publishing()


class Review(NamedTuple):
    """A draft beside what is published, if anything is, and what speaks against publishing it."""

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
    """All versions, the newest first, and the zone in which their admins live."""

    zone: str
    versions: tuple[Version, ...]


class Pair(msgspec.Struct, frozen=True):
    """The draft, and what is published, if anything is."""

    draft_revision: int
    draft: Snapshot
    published_version: int | None
    published: Snapshot | None


async def import_draft(pool: Pool, bot: str, draft: Snapshot, min_threshold_ms: int, change: Change) -> int:
    """Replace a bot's draft; returns its revision, which stays if nothing differs."""
    campaign.check(draft, min_threshold_ms)
    async with media.adding(pool) as connection:
        bot_id = await _bot(connection, bot)
        await _check_files(connection, draft)
        found = await campaigns.load_campaign(connection, bot_id)
        if found and await campaigns.load_draft(connection, bot_id) == draft:
            return found.draft_revision
        return await campaigns.save_draft(connection, bot_id, draft, change)


async def begin(pool: Pool, bot_id: int, zone: str, change: Change) -> int:
    """Give a bot its first draft, with nothing in it; returns the revision of whichever draft it has then."""
    async with transaction(pool) as connection:
        await _hold(connection, bot_id)
        found = await campaigns.load_campaign(connection, bot_id)
        if found:
            return found.draft_revision
        schedule.check_zone(zone)
        return await campaigns.save_draft(connection, bot_id, Snapshot(zone, (), limits=SUITABLE), change)


async def draft(pool: Pool, bot_id: int) -> tuple[int, Snapshot] | None:
    """The revision and the draft as it stands; None where nothing was begun."""
    async with transaction(pool) as connection:
        await _hold(connection, bot_id)
        found = await campaigns.load_campaign(connection, bot_id)
        snapshot = await campaigns.load_draft(connection, bot_id)
    return (found.draft_revision, snapshot) if found and snapshot else None


async def edit(pool: Pool, bot_id: int, revision: int, edit: Edit, change: Change) -> int:
    """Change the draft that was seen; returns its revision, which stays if nothing differs.

    Raises StaleError if it is another one by now, CampaignError if the edit refuses it.
    """
    async with media.adding(pool) as connection:
        await _seen(connection, bot_id, revision)
        before = await campaigns.load_draft(connection, bot_id)
        if before is None:
            raise NotFoundError("There is no draft to change: begin one first.")
        after = edit(before)
        await _check_files(connection, after)
        return revision if after == before else await campaigns.save_draft(connection, bot_id, after, change)


async def undo(pool: Pool, bot_id: int, revision: int, change: Change) -> int:
    """Take the last edit of the draft back, while it is young; returns the draft's revision.

    Raises StaleError if another draft was seen, CampaignError if there is nothing to take back.
    """
    async with media.adding(pool) as connection:
        found = await _seen(connection, bot_id, revision)
        edit = await _undoable(connection, bot_id, change.at)
        if edit is None:
            raise CampaignError("There is nothing to undo: only the last edit can be taken back, for 10 minutes.")
        before = campaign.decode(await audit.state_before(connection, edit))
        await _check_files(connection, before)
        return await campaigns.save_draft(connection, found.bot_id, before, change, _UNDONE)


async def can_undo(pool: Pool, bot_id: int, now_ms: int) -> bool:
    """Whether there is an edit to take back."""
    async with transaction(pool) as connection:
        return await _undoable(connection, bot_id, now_ms) is not None


async def _undoable(connection: Connection, bot_id: int, now_ms: int) -> audit.Line | None:
    last = await audit.last_line(connection, bot_id, _OF_THE_DRAFT)
    stands = last and last.action == _EDITED and last.follows and now_ms - last.at_ms <= UNDO_MS
    return last if stands else None


async def review(pool: Pool, bot_id: int, min_threshold_ms: int) -> Review:
    """Look at a draft before it is published. Raises NotFoundError where nothing is composed."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        draft = await campaigns.load_draft(connection, bot_id)
        if found is None or draft is None:
            raise NotFoundError("Nothing is composed yet: create the campaign first.")
        version, published = await campaigns.load_published(connection, bot_id) or (None, None)
        faults = (*campaign.faults(draft, min_threshold_ms), *await _lacking(connection, draft))
    return Review(found.draft_revision, draft, version, published, faults)


async def publish(pool: Pool, bot: str, min_threshold_ms: int, change: Change, how: Publishing = _AS_IT_STANDS) -> int:
    """Make the draft what the engine reads; returns its version, which stays if nothing differs.

    Raises StaleError if `how` names another draft than there is by now.
    """
    async with media.adding(pool) as connection:
        bot_id = await _bot(connection, bot)
        draft = await _draft(connection, bot_id, bot)
        if how.revision is not None:
            await _seen(connection, bot_id, how.revision)
        campaign.check(draft, min_threshold_ms)
        await _check_files(connection, draft)
        published = await campaigns.load_published(connection, bot_id)
        if published and published[1] == draft:
            return published[0]
        if published:
            await _ask_replans(connection, bot_id, published[1], draft, how, change)
        return await campaigns.publish(connection, bot_id, draft, change)


async def _ask_replans(
    connection: Connection, bot_id: int, before: Snapshot, after: Snapshot, how: Publishing, change: Change
) -> None:
    if replan.replans(before, after):
        await replans.ask(connection, bot_id, Published(how.mode), change.at)
    if how.include and after.threshold_ms < before.threshold_ms:
        await replans.ask(connection, bot_id, Included(), change.at)


async def show(pool: Pool, bot: str, now_ms: int) -> Overview:
    """Show the published version, or the draft where nothing is published."""
    async with transaction(pool) as connection:
        bot_id = await _bot(connection, bot)
        found = await _campaign(connection, bot_id, bot)
        draft = await _draft(connection, bot_id, bot)
        version, shown = await campaigns.load_published(connection, bot_id) or (None, draft)
        return Overview(
            state=found.state,
            stopped_everywhere=await campaigns.load_emergency_stop(connection),
            draft_revision=found.draft_revision,
            published_version=version,
            draft_is_published=version is not None and shown == draft,
            draft=draft,
            shown=shown,
            plan=campaign.forecast(shown, now_ms),
        )


async def stand(pool: Pool, bot_id: int) -> Stand:
    """How a campaign stands. Raises NotFoundError where nothing is composed."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        waiting = await chats.count_open(connection, bot_id)
    if found is None:
        raise NotFoundError("Nothing is composed yet: create the campaign first.")
    return Stand(found.state, found.paused_from, waiting, _revision(found))


async def waiting(pool: Pool, bot_id: int) -> int:
    """How many people are in the middle of a bot's sequence."""
    async with transaction(pool) as connection:
        return await chats.count_open(connection, bot_id)


async def waiting_at(pool: Pool, bot_id: int, step: str) -> int:
    """How many people wait for a step of a bot's sequence."""
    async with transaction(pool) as connection:
        return await waiting_rows.count_at(connection, bot_id, step)


async def queue(pool: Pool, bot_id: int) -> Queue:
    """What is on its way to people."""
    async with transaction(pool) as connection:
        return Queue(*await waiting_rows.queue(connection, bot_id))


async def person(pool: Pool, bot_id: int, chat_id: int) -> Person:
    """What a bot knows of somebody."""
    async with transaction(pool) as connection:
        return await chats.person(connection, bot_id, chat_id)


async def compare(pool: Pool, bot: str) -> Pair:
    """Load the draft and what is published, at one moment."""
    async with transaction(pool) as connection:
        bot_id = await _bot(connection, bot)
        found = await _campaign(connection, bot_id, bot)
        version, published = await campaigns.load_published(connection, bot_id) or (None, None)
        return Pair(found.draft_revision, await _draft(connection, bot_id, bot), version, published)


async def rehearsed(pool: Pool, bot: str, chat_id: int) -> tuple[Snapshot, Person]:
    """Load the draft, and whom it is tried on, as far as they are known."""
    async with transaction(pool) as connection:
        bot_id = await _bot(connection, bot)
        return await _draft(connection, bot_id, bot), await chats.person(connection, bot_id, chat_id)


async def version(pool: Pool, bot: str, number: int) -> Snapshot:
    """Load a published version."""
    async with transaction(pool) as connection:
        return await _version(connection, await _bot(connection, bot), bot, number)


async def history(pool: Pool, bot: str) -> History:
    """List the versions; none may have been published yet."""
    async with transaction(pool) as connection:
        bot_id = await _bot(connection, bot)
        found = await _campaign(connection, bot_id, bot)
        draft = await _draft(connection, bot_id, bot)
        listed = await campaigns.list_versions(connection, bot_id)
    return History(draft.zone, tuple(Version(n, at, n == found.published_version) for n, at in listed))


async def revert(pool: Pool, bot: str, number: int, change: Change, revision: int | None = None) -> int:
    """Make a version the draft again; returns the draft's revision, which stays if nothing differs.

    Raises StaleError if `revision` names another draft than there is by now.
    """
    async with transaction(pool) as connection:
        bot_id = await _bot(connection, bot)
        wanted = await _version(connection, bot_id, bot, number)
        if revision is not None:
            await _seen(connection, bot_id, revision)
        found = await _campaign(connection, bot_id, bot)
        if await campaigns.load_draft(connection, bot_id) == wanted:
            return found.draft_revision
        return await campaigns.save_draft(connection, bot_id, wanted, change, "campaign.revert")


async def activate(pool: Pool, bot: str, change: Change, policy: Policy = "continue") -> State:
    """Let silences begin episodes: those that begin from now on. Ends a shadow's episodes.

    Also takes up a pause; `policy` says what it has done to the delays of those who waited through it.
    """
    return await _act(pool, bot, "activate", change, policy)


async def resume(pool: Pool, bot: str, change: Change, policy: Policy = "continue") -> State:
    """Take up a pause, as what was paused."""
    return await _act(pool, bot, "resume", change, policy)


async def count_silent(pool: Pool, bot_id: int, since_ms: int) -> int:
    """How many people fell silent since then, and before the campaign was activated; counted up to MOST_COUNTED."""
    async with transaction(pool) as connection:
        found = await campaigns.load_campaign(connection, bot_id)
        published = await campaigns.load_published(connection, bot_id)
        if found is None or found.activated_at is None or published is None:
            return 0
        upto_ms, skip = found.activated_at, published[1].skip_paid
        return await waiting_rows.count_silent(connection, bot_id, since_ms, upto_ms, skip_paid=skip, most=MOST_COUNTED)


async def include_silent(pool: Pool, bot_id: int, since_ms: int, change: Change) -> None:
    """Let the silences count that began since then, before the campaign was activated."""
    async with transaction(pool) as connection:
        await _hold(connection, bot_id)
        found = await campaigns.load_campaign(connection, bot_id)
        if found is None or found.activated_at is None or found.state != "live":
            raise CampaignError("Only a live campaign can include who was silent before: activate it first.")
        if since_ms < found.activated_at:
            await campaigns.set_activated_at(connection, found, since_ms, change)
            await replans.ask(connection, bot_id, Welcomed(), change.at)


async def shadow(pool: Pool, bot: str, change: Change) -> State:
    """Decide and record what would be sent to silences that begin from now on, and send nothing."""
    return await _act(pool, bot, "shadow", change)


async def pause(pool: Pool, bot: str, change: Change) -> State:
    """Hold everything in its place, the rest of begun steps too."""
    return await _act(pool, bot, "pause", change)


async def finish(pool: Pool, bot: str, change: Change) -> State:
    """Let whoever has begun get the rest, and nobody new begin."""
    return await _act(pool, bot, "finish", change)


async def stop(pool: Pool, bot: str, change: Change) -> State:
    """End everything at once, between blocks too."""
    return await _act(pool, bot, "stop", change)


async def stop_all(pool: Pool, change: Change) -> None:
    """Hold every send of every bot: the emergency stop."""
    await _switch(pool, change, engaged=True)


async def resume_all(pool: Pool, change: Change) -> None:
    """Release the emergency stop; each campaign goes on in the state that it has."""
    await _switch(pool, change, engaged=False)


async def is_stopped_everywhere(pool: Pool) -> bool:
    """Whether the emergency stop is engaged."""
    async with transaction(pool) as connection:
        return await campaigns.load_emergency_stop(connection)


async def _act(pool: Pool, bot: str, action: Action, change: Change, policy: Policy = "continue") -> State:
    async with transaction(pool) as connection:
        found = await _campaign(connection, await _bot(connection, bot), bot)
        if action in ("activate", "shadow") and found.published_version is None:
            raise CampaignError("The campaign of @{bot} has nothing published: publish it first.", bot=_name(bot))
        state = campaign.after(found.state, action, found.paused_from)
        if state != found.state:
            activated_at = campaign.activated_at(found.state, state, found.activated_at, change.at)
            await campaigns.set_state(connection, found, state, activated_at, change)
        if found.paused_at is not None and state in ("live", "finishing"):
            await replans.ask(connection, found.bot_id, Resumed(found.paused_at, policy), change.at)
    if campaign.ends_episodes(found.state, state):
        await chats.conclude_all(pool, found.bot_id, Reason.STOPPED, change.at)
    return state


async def _switch(pool: Pool, change: Change, *, engaged: bool) -> None:
    async with transaction(pool) as connection:
        if await campaigns.load_emergency_stop(connection) != engaged:
            await campaigns.set_emergency_stop(connection, change, engaged=engaged)


async def _hold(connection: Connection, bot_id: int) -> None:
    """Against other admins, until the transaction ends."""
    bot = await bots.hold(connection, bot_id)
    if bot is None or bot.status == "removed":
        raise NotFoundError("This bot is no longer connected: add it again.")


async def _seen(connection: Connection, bot_id: int, revision: int) -> Campaign:
    """The campaign, held until the transaction ends. Raises StaleError if its draft is no longer the one seen."""
    await _hold(connection, bot_id)
    found = await campaigns.load_campaign(connection, bot_id)
    if found is None:
        raise NotFoundError("There is no draft to change: begin one first.")
    if found.draft_revision != revision:
        raise StaleError(*await audit.last(connection, bot_id, "campaign."))
    return found


async def _bot(connection: Connection, bot: str) -> int:
    bot_id = await campaigns.lock_bot(connection, _name(bot))
    if bot_id is None:
        raise NotFoundError(
            "There is no bot @{bot}: `python -m engine.bots list` shows those there are.", bot=_name(bot)
        )
    return bot_id


async def _campaign(connection: Connection, bot_id: int, bot: str) -> Campaign:
    found = await campaigns.load_campaign(connection, bot_id)
    if found is None:
        raise NotFoundError("@{bot} has no campaign: import one first.", bot=_name(bot))
    return found


async def _draft(connection: Connection, bot_id: int, bot: str) -> Snapshot:
    draft = await campaigns.load_draft(connection, bot_id)
    if draft is None:
        raise NotFoundError("@{bot} has no campaign: import one first.", bot=_name(bot))
    return draft


async def _version(connection: Connection, bot_id: int, bot: str, number: int) -> Snapshot:
    found = await campaigns.load_version(connection, bot_id, number)
    if found is None:
        raise NotFoundError(
            "@{bot} has no version {number}: `python -m engine.campaigns versions --bot @{bot}` lists those there are.",
            bot=_name(bot),
            number=number,
        )
    return found


async def _check_files(connection: Connection, draft: Snapshot) -> None:
    """Refuse a draft of which the library lacks a file, in a transaction during which none is pruned."""
    for fault in await _lacking(connection, draft):
        raise fault.whole()


async def _lacking(connection: Connection, draft: Snapshot) -> tuple[Fault, ...]:
    """The blocks whose file the library does not have."""
    places = campaign.places(draft)
    missing = await media.missing(connection, tuple(places))
    return tuple(Fault(*places[asset], _not_there(asset)) for asset in missing)


def _not_there(asset: Asset) -> CampaignError:
    return CampaignError(
        "the library has no {kind} sha256:{sha256}: name the file itself in place of its hash.",
        kind=asset.kind,
        sha256=asset.sha256,
    )


def _revision(found: Campaign) -> int:
    return crc32(f"{found.state} {found.published_version} {found.activated_at} {found.paused_at}".encode())


def _name(bot: str) -> str:
    return bot.removeprefix("@")[:64]
