"""The team member that a screen shows and changes, found by the code of their id."""

from typing import Final

from bot.framework.callbacks import code_of_key
from bot.framework.screen import Visit
from engine.administration import members
from engine.administration.members import Member
from engine.core.errors import NotFoundError
from engine.core.roles import Role

_REVISIONS: Final[dict[Role, int]] = {"analyst": 1, "editor": 2, "owner": 3}


async def load(visit: Visit) -> Member:
    """Raises NotFoundError for a person who no longer has a role."""
    for member in await members.team(visit.desk.pool, visit.place.bot):
        if code_of_key(str(member.admin_id)) == visit.place.choice:
            return member
    raise NotFoundError("This person no longer has access to the bot: invite them again.")


def revision(member: Member) -> int:
    """The role is all that a button can change about them."""
    return _REVISIONS[member.role]
