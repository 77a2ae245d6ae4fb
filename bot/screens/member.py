"""One of a bot's team: which role they have, and which they shall have."""

from typing import Final, NamedTuple

from bot.frame.callbacks import code_of_key
from bot.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.words.roles import role_name
from engine import admins
from engine.admins import Member
from engine.core.errors import NotFoundError
from engine.core.rights import Role

_REVISIONS: Final[dict[Role, int]] = {"analyst": 1, "editor": 2, "owner": 3}


class Labels(NamedTuple):
    deed: str
    role: Role


_ROLES: Final = (
    Labels("member.owner", "owner"),
    Labels("member.editor", "editor"),
    Labels("member.analyst", "analyst"),
)


async def load(visit: Visit) -> Member:
    for member in await admins.team(visit.desk.pool, visit.place.bot):
        if code_of_key(str(member.admin_id)) == visit.place.choice:
            return member
    raise NotFoundError("This person has no role on the bot: invite them again.")


def view(visit: Visit, member: Member) -> View:
    say = visit.say
    text = say("{name} is {role} of @{bot}.", name=member.name, role=role_name(say, member.role), bot=visit.bot)
    roles = [Button(role_name(say, one.role), one.deed, visit.place) for one in _ROLES if one.role != member.role]
    away = [Button(say.label("✖ Take the role away"), "member.away", visit.place)]
    return View(text, [roles, away], _REVISIONS[member.role])


def _appoints(role: Role | None) -> Act:
    async def act(visit: Visit) -> Done:
        member = await load(visit)
        await admins.appoint(visit.desk.pool, visit.place.bot, member.admin_id, role, visit.change)
        return Done(visit.say.label("Saved"), "team", Place(visit.place.bot))

    return act


SCREEN: Final = Screen(
    "member",
    Scope.BOT,
    "team",
    lambda say: say("Role"),
    "owner",
    load,
    view,
    {
        "owner": Action("owner", _appoints("owner")),
        "editor": Action("owner", _appoints("editor")),
        "analyst": Action("owner", _appoints("analyst")),
        "away": Action("owner", _appoints(None)),
    },
)
