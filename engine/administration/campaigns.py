"""What admins may do with a campaign, by whichever door: read, decide, write with audit, in one transaction.

Rights are not checked here: the manager checks its admins' rights at every press, and the command line is for people
who hold the database password.

A repeated action is no error and leaves no second line in the audit log. A stop reads no document, so that even a
broken campaign can be stopped.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple, TypeAlias

from engine.administration import lookup
from engine.core.campaign import checks, document, lifecycle
from engine.core.campaign.frequency_caps import SUITABLE
from engine.core.campaign.lifecycle import Action, State
from engine.core.campaign.snapshot import Snapshot
from engine.core.change import Change
from engine.core.delivery import replan
from engine.core.delivery.gate import Reason
from engine.core.delivery.replan import Included, Mode, Policy, Published, Resumed, Welcomed
from engine.core.errors import CampaignError, NotFoundError, StaleError
from engine.core.schedule import step_schedule
from storage.postgres import audit, campaigns, chats, media, replans
from storage.postgres.campaigns import Campaign
from storage.postgres.pool import Connection, Pool, transaction

Edit: TypeAlias = Callable[[Snapshot], Snapshot]


class Publishing(NamedTuple):
    """What to publish, and how: the draft of this revision, the mode for people who wait, and whether a shorter
    threshold counts for silences that are already armed.
    """

    revision: int | None = None
    mode: Mode = "update"
    include: bool = False


_AS_IT_STANDS: Final = Publishing()


async def import_draft(pool: Pool, bot: str, draft: Snapshot, min_threshold_ms: int, change: Change) -> int:
    """Replace a bot's draft; returns its revision, which stays the same if nothing differs."""
    checks.check(draft, min_threshold_ms)
    async with media.adding(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        await _check_files(connection, draft)
        found = await campaigns.load_campaign(connection, bot_id)
        if found and await campaigns.load_draft(connection, bot_id) == draft:
            return found.draft_revision
        return await campaigns.save_draft(connection, bot_id, draft, change)


async def begin(pool: Pool, bot_id: int, zone: str, change: Change) -> int:
    """Give a bot its first, empty draft; returns the revision of the draft that it has then."""
    async with transaction(pool) as connection:
        await lookup.hold(connection, bot_id)
        found = await campaigns.load_campaign(connection, bot_id)
        if found:
            return found.draft_revision
        step_schedule.check_zone(zone)
        return await campaigns.save_draft(connection, bot_id, Snapshot(zone, (), limits=SUITABLE), change)


async def edit(pool: Pool, bot_id: int, revision: int, edit: Edit, change: Change) -> int:
    """Change the draft that the admin saw; returns its revision, which stays the same if nothing differs.

    Raises StaleError if the draft has changed meanwhile, CampaignError if the edit is refused.
    """
    async with media.adding(pool) as connection:
        await _seen(connection, bot_id, revision)
        before = await campaigns.load_draft(connection, bot_id)
        if before is None:
            raise NotFoundError("There is no draft to change: create one first.")
        after = edit(before)
        await _check_files(connection, after)
        return revision if after == before else await campaigns.save_draft(connection, bot_id, after, change)


async def undo(pool: Pool, bot_id: int, revision: int, change: Change) -> int:
    """Undo the last edit of the draft, while it is recent; returns the draft's revision.

    Raises StaleError if the draft has changed meanwhile, CampaignError if there is nothing to undo.
    """
    async with media.adding(pool) as connection:
        found = await _seen(connection, bot_id, revision)
        edit = await lookup.undoable(connection, bot_id, change.at)
        if edit is None:
            raise CampaignError("There is nothing to undo: only the last edit can be undone, for 10 minutes.")
        before = document.decode(await audit.state_before(connection, edit))
        await _check_files(connection, before)
        return await campaigns.save_draft(connection, found.bot_id, before, change, lookup.UNDONE)


async def publish(pool: Pool, bot: str, min_threshold_ms: int, change: Change, how: Publishing = _AS_IT_STANDS) -> int:
    """Publish the draft; returns its version, which stays the same if nothing differs.

    Raises StaleError if `how` names another revision than the current one.
    """
    async with media.adding(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        draft = await lookup.draft(connection, bot_id, bot)
        if how.revision is not None:
            await _seen(connection, bot_id, how.revision)
        checks.check(draft, min_threshold_ms)
        await _check_files(connection, draft)
        published = await campaigns.load_published(connection, bot_id)
        if published and published[1] == draft:
            return published[0]
        version = await campaigns.publish(connection, bot_id, draft, change)
        if published:
            now_ms = moment(await campaigns.load_campaign(connection, bot_id), change.at)
            for asked in _replans(published, (version, draft), how):
                await replans.ask(connection, bot_id, asked, now_ms)
        return version


def moment(found: Campaign | None, now_ms: int) -> int:
    """The moment as of which waiting people are planned: while a campaign is paused, time stands still for them."""
    return found.paused_at if found and found.paused_at is not None else now_ms


def _replans(before: tuple[int, Snapshot], after: tuple[int, Snapshot], how: Publishing) -> Iterator[replan.Change]:
    (old, was), (new, now) = before, after
    if replan.replans(was, now):
        yield Published(how.mode, old, new)
    if how.include and now.threshold_ms < was.threshold_ms:
        yield Included()


async def revert(pool: Pool, bot: str, number: int, change: Change, revision: int | None = None) -> int:
    """Make a version the draft again; returns the draft's revision, which stays the same if nothing differs.

    Raises StaleError if `revision` is not the current one.
    """
    async with transaction(pool) as connection:
        bot_id = await lookup.bot(connection, bot)
        wanted = await lookup.version(connection, bot_id, bot, number)
        if revision is not None:
            await _seen(connection, bot_id, revision)
        found = await lookup.campaign(connection, bot_id, bot)
        if await campaigns.load_draft(connection, bot_id) == wanted:
            return found.draft_revision
        return await campaigns.save_draft(connection, bot_id, wanted, change, "campaign.revert")


async def activate(pool: Pool, bot: str, change: Change, policy: Policy = "continue") -> State:
    """Let silences begin episodes from now on. Ends a shadow's episodes.

    Also ends a pause; `policy` says what the pause does to the delays of the people who waited through it.
    """
    return await _act(pool, bot, "activate", change, policy)


async def resume(pool: Pool, bot: str, change: Change, policy: Policy = "continue") -> State:
    """End a pause and return to the state before it."""
    return await _act(pool, bot, "resume", change, policy)


async def include_silent(pool: Pool, bot_id: int, since_ms: int, change: Change) -> None:
    """Let silences count that began after that moment and before the campaign was activated.

    Episodes from before the activation ended with it: any that are still open are ended first, so that no stopped or
    merely watched sequence continues.
    """
    async with transaction(pool) as connection:
        activated_at = await _live_since(connection, bot_id)
    await chats.conclude_all(pool, bot_id, Reason.STOPPED, activated_at - 1, change.at)
    async with transaction(pool) as connection:
        activated_at = await _live_since(connection, bot_id)
        if since_ms < activated_at:
            await campaigns.set_activated_at(connection, bot_id, activated_at, since_ms, change)
            await replans.ask(connection, bot_id, Welcomed(), change.at)


async def _live_since(connection: Connection, bot_id: int) -> int:
    await lookup.hold(connection, bot_id)
    found = await campaigns.load_campaign(connection, bot_id)
    if found is None or found.activated_at is None or found.state != "live":
        raise CampaignError("Only a live campaign can include people who are already quiet: activate it first.")
    return found.activated_at


async def shadow(pool: Pool, bot: str, change: Change) -> State:
    """Record what would be sent for silences that begin from now on, and send nothing."""
    return await _act(pool, bot, "shadow", change)


async def pause(pool: Pool, bot: str, change: Change) -> State:
    """Hold everything in its place, further blocks of begun steps included."""
    return await _act(pool, bot, "pause", change)


async def finish(pool: Pool, bot: str, change: Change) -> State:
    """Let open episodes finish, and begin no new ones."""
    return await _act(pool, bot, "finish", change)


async def stop(pool: Pool, bot: str, change: Change) -> State:
    """End everything at once, between blocks too."""
    return await _act(pool, bot, "stop", change)


async def stop_all(pool: Pool, change: Change) -> None:
    """Hold every send of every bot: the emergency stop."""
    await _switch(pool, change, engaged=True)


async def resume_all(pool: Pool, change: Change) -> None:
    """Release the emergency stop; each campaign continues in its own state."""
    await _switch(pool, change, engaged=False)


async def _act(pool: Pool, bot: str, action: Action, change: Change, policy: Policy = "continue") -> State:
    async with transaction(pool) as connection:
        found = await lookup.campaign(connection, await lookup.bot(connection, bot), bot)
        if action in ("activate", "shadow") and found.published_version is None:
            raise CampaignError(
                "The campaign of @{bot} has nothing published: publish it first.", bot=lookup.plain(bot)
            )
        state = lifecycle.after(found.state, action, found.paused_from)
        if state != found.state:
            activated_at = lifecycle.activated_at(found.state, state, found.activated_at, change.at)
            await campaigns.set_state(connection, found, state, activated_at, change)
        if found.paused_at is not None and state in ("live", "finishing"):
            resumed = Resumed(found.paused_at, policy, found.published_version or 0)
            await replans.ask(connection, found.bot_id, resumed, change.at)
    if lifecycle.ends_episodes(found.state, state):
        await chats.conclude_all(pool, found.bot_id, Reason.STOPPED, change.at, change.at)
    return state


async def _switch(pool: Pool, change: Change, *, engaged: bool) -> None:
    async with transaction(pool) as connection:
        if await campaigns.load_emergency_stop(connection) != engaged:
            await campaigns.set_emergency_stop(connection, change, engaged=engaged)


async def _seen(connection: Connection, bot_id: int, revision: int) -> Campaign:
    """The campaign, locked until the transaction ends. Raises StaleError if its draft has changed meanwhile."""
    await lookup.hold(connection, bot_id)
    found = await campaigns.load_campaign(connection, bot_id)
    if found is None:
        raise NotFoundError("There is no draft to change: create one first.")
    if found.draft_revision != revision:
        raise StaleError(*await audit.last(connection, bot_id, "campaign."))
    return found


async def _check_files(connection: Connection, draft: Snapshot) -> None:
    """Refuse a draft whose files the library lacks, in a transaction in which none is pruned."""
    for fault in await lookup.lacking(connection, draft):
        raise fault.whole()
