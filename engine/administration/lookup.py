"""Finds what an admin names (a bot, its campaign, draft or version), or refuses and names the mend.

A bot that was found to be changed is locked against other admins until the transaction ends.
"""

from typing import Final

from engine.core.campaign.checks import Fault
from engine.core.campaign.snapshot import Snapshot, places
from engine.core.content.model import Asset
from engine.core.errors import CampaignError, NotFoundError
from storage.postgres import audit, bots, campaigns, media
from storage.postgres.campaigns import Campaign
from storage.postgres.pool import Connection

UNDO_MS: Final = 600_000
EDITED: Final = "campaign.draft"
UNDONE: Final = "campaign.undo"
_OF_THE_DRAFT: Final = (EDITED, "campaign.revert", UNDONE)


async def bot(connection: Connection, name: str) -> int:
    """Find a bot by its username, with or without @; returns its id."""
    bot_id = await campaigns.lock_bot(connection, plain(name))
    if bot_id is None:
        raise no_bot(name)
    return bot_id


async def look_at_bot(connection: Connection, name: str) -> int:
    """The same for a look that writes nothing: it waits for no other admin."""
    bot_id = await campaigns.find_bot(connection, plain(name))
    if bot_id is None:
        raise no_bot(name)
    return bot_id


def no_bot(name: str) -> NotFoundError:
    return NotFoundError("There is no bot @{bot}: `python -m engine bots list` shows those there are.", bot=plain(name))


async def hold(connection: Connection, bot_id: int) -> None:
    """Find a bot by its id."""
    known = await bots.hold(connection, bot_id)
    if known is None or known.status == "removed":
        raise NotFoundError("This bot is no longer connected: add it again.")


async def campaign(connection: Connection, bot_id: int, bot: str) -> Campaign:
    found = await campaigns.load_campaign(connection, bot_id)
    if found is None:
        raise NotFoundError("@{bot} has no campaign: import one first.", bot=plain(bot))
    return found


async def draft(connection: Connection, bot_id: int, bot: str) -> Snapshot:
    found = await campaigns.load_draft(connection, bot_id)
    if found is None:
        raise NotFoundError("@{bot} has no campaign: import one first.", bot=plain(bot))
    return found


async def version(connection: Connection, bot_id: int, bot: str, number: int) -> Snapshot:
    found = await campaigns.load_version(connection, bot_id, number)
    if found is None:
        raise NotFoundError(
            "@{bot} has no version {number}: `python -m engine campaigns versions --bot @{bot}` lists those there are.",
            bot=plain(bot),
            number=number,
        )
    return found


async def undoable(connection: Connection, bot_id: int, now_ms: int) -> audit.AuditLine | None:
    """The last edit of a draft, while it can be undone."""
    last = await audit.last_line(connection, bot_id, _OF_THE_DRAFT)
    stands = last and last.action == EDITED and last.follows and now_ms - last.at_ms <= UNDO_MS
    return last if stands else None


async def lacking(connection: Connection, draft: Snapshot) -> tuple[Fault, ...]:
    """The blocks whose file the library lacks."""
    named = places(draft)
    missing = await media.missing(connection, tuple(named))
    return tuple(Fault(*named[asset], _not_there(asset)) for asset in missing)


def _not_there(asset: Asset) -> CampaignError:
    return CampaignError(
        "the library has no {kind} sha256:{sha256}: name the file itself in place of its hash.",
        kind=asset.kind,
        sha256=asset.sha256,
    )


def plain(name: str) -> str:
    return name.removeprefix("@")[:64]
