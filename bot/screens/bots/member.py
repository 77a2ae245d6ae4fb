"""A member of a bot's team: their role, and the roles that they can be given."""

from typing import Final, NamedTuple

from bot.composing import members
from bot.framework.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.phrases.roles import role_name
from engine.administration import members as admins
from engine.administration.members import Member
from engine.core.roles import Role


class RoleButton(NamedTuple):
    route: str
    role: Role


_ROLES: Final = (
    RoleButton("member.owner", "owner"),
    RoleButton("member.editor", "editor"),
    RoleButton("member.analyst", "analyst"),
)


async def load(visit: Visit) -> Member:
    return await members.load(visit)


def view(visit: Visit, member: Member) -> View:
    say = visit.say
    text = say("{name}: {role} of @{bot}.", name=member.name, role=role_name(say, member.role), bot=visit.bot)
    roles = [Button(role_name(say, one.role), one.route, visit.place) for one in _ROLES if one.role != member.role]
    away = [Button(say.label("✖ Remove access"), "remove_member", visit.place)]
    return View(text, [roles, away], members.revision(member))


def _appoints(role: Role) -> Act:
    async def act(visit: Visit) -> Done:
        member = await members.load(visit)
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
    },
)
