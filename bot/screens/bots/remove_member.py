"""Asks for confirmation before a person loses their role on a bot."""

from typing import Final

from bot.composing import members
from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.phrases.roles import role_name
from engine.administration import members as admins
from engine.administration.members import Member


async def load(visit: Visit) -> Member:
    return await members.load(visit)


def view(visit: Visit, member: Member) -> View:
    say = visit.say
    text = say("{name}: {role} of @{bot}.", name=member.name, role=role_name(say, member.role), bot=visit.bot)
    then = say("Without access they can no longer see anything about the bot until they are invited again.")
    button = Button(say.label("✖ Remove now"), "remove_member.now", visit.place)
    return View(f"{text}\n\n{then}", [[button]], members.revision(member))


async def _dismiss(visit: Visit) -> Done:
    member = await members.load(visit)
    await admins.appoint(visit.desk.pool, visit.place.bot, member.admin_id, None, visit.change)
    return Done(visit.say.label("Saved"), "team", Place(visit.place.bot))


SCREEN: Final = Screen(
    "remove_member",
    Scope.BOT,
    "team",
    lambda say: say("Remove access"),
    "owner",
    load,
    view,
    {"now": Action("owner", _dismiss)},
)
