"""A published version: how the draft differs from it, and a way to restore it."""

from typing import Final, NamedTuple

from bot.composing import drafts
from bot.composing.drafts import Draft
from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from bot.phrases.differences import differences
from engine.administration import campaign_views, campaigns
from engine.core.campaign.snapshot import Snapshot
from engine.core.roles import suffices

_MOST: Final = 20


class VersionAndDraft(NamedTuple):
    version: Snapshot
    draft: Draft


async def load(visit: Visit) -> VersionAndDraft:
    version = await campaign_views.version(visit.desk.pool, visit.bot, visit.place.choice)
    return VersionAndDraft(version, await drafts.load(visit))


def view(visit: Visit, loaded: VersionAndDraft) -> View:
    say, number = visit.say, visit.place.choice
    changes = differences(say, loaded.version, loaded.draft.snapshot)
    if not changes:
        return View(say("The draft is the same as v{number}.", number=number), (), loaded.draft.revision)
    lines = [say("Since v{version}:", version=number), *changes[:_MOST]]
    if len(changes) > _MOST:
        lines.append(say("… and {count} more", count=len(changes) - _MOST))
    may_edit = suffices(visit.admin.role(visit.place.bot), "editor")
    label = say.label("↩ Restore v{number} as the draft", number=number)
    rows = [[Button(label, "version.revert", visit.place)]] if may_edit else []
    return View("\n".join(lines), rows, loaded.draft.revision)


async def _revert(visit: Visit) -> Done:
    await campaigns.revert(visit.desk.pool, visit.bot, visit.place.choice, visit.change, visit.revision)
    note = visit.say("v{number} is now the draft. Publish it to start sending it.", number=visit.place.choice)
    return Done(to="campaign", place=Place(visit.place.bot), note=note)


SCREEN: Final = Screen(
    "version",
    Scope.BOT,
    "versions",
    lambda say: say("Version"),
    "analyst",
    load,
    view,
    {"revert": Action("editor", _revert)},
)
