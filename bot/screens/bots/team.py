"""The people who manage a bot, and their roles. Owners invite others with a link that works once."""

from collections.abc import Sequence
from typing import Final

from bot.framework.callbacks import code_of_key
from bot.framework.paging import page_of
from bot.framework.screen import Act, Action, Button, Done, Scope, Screen, View, Visit
from bot.phrases.roles import role_name
from engine.administration import invitations, members
from engine.administration.members import Member
from engine.core.roles import Role

_NAME: Final = 24
"""Longer names are cut on buttons."""


async def load(visit: Visit) -> list[Member]:
    return await members.team(visit.desk.pool, visit.place.bot)


def view(visit: Visit, team: Sequence[Member]) -> View:
    say, here = visit.say, visit.place
    page = page_of(visit, "team", team)
    invite = [
        Button(say.label("➕ Editor"), "team.editor", here),
        Button(say.label("➕ Analyst"), "team.analyst", here),
        Button(say.label("➕ Owner"), "team.owner", here),
    ]
    return View(_text(visit, team), [*([_member(visit, one)] for one in page.items), page.turns, invite])


def _text(visit: Visit, team: Sequence[Member]) -> str:
    say = visit.say
    roles = say("Owners manage the bot and its team; editors write and publish; analysts can only view.")
    return roles if team else "\n\n".join([say("Nobody has been invited yet."), roles])


def _member(visit: Visit, member: Member) -> Button:
    label = f"{member.name[:_NAME]} · {role_name(visit.say, member.role)}"
    return Button(label, "member", visit.place._replace(choice=code_of_key(str(member.admin_id))))


def _invites(role: Role) -> Act:
    async def act(visit: Visit) -> Done:
        word = await invitations.invite(
            visit.desk.redis, visit.desk.vault.button_keys, visit.place.bot, role, visit.admin.admin_id
        )
        return Done(
            note=visit.say(
                "Send this link to the person who will be {role}. It works once, within 24 hours:\n{link}",
                role=role_name(visit.say, role),
                link=f"https://t.me/{visit.manager}?start={word}",
            )
        )

    return act


SCREEN: Final = Screen(
    "team",
    Scope.BOT,
    "bot",
    lambda say: say("Team"),
    "owner",
    load,
    view,
    {
        "editor": Action("owner", _invites("editor"), once=True),
        "analyst": Action("owner", _invites("analyst"), once=True),
        "owner": Action("owner", _invites("owner"), once=True),
    },
)
