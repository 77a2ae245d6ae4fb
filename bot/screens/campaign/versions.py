"""Published versions, newest first. Each leads to a screen that shows how the draft differs from it."""

from typing import Final

from bot.framework.paging import page_of
from bot.framework.screen import Button, Scope, Screen, View, Visit
from engine.administration import campaign_views
from engine.administration.campaign_views import History, Version


async def load(visit: Visit) -> History:
    return await campaign_views.history(visit.desk.pool, visit.bot)


def view(visit: Visit, history: History) -> View:
    say = visit.say
    page = page_of(visit, "versions", history.versions)
    rows = [[_version(visit, one, history.zone)] for one in page.items]
    text = say("Published versions never change.") if rows else say("Nothing has been published yet.")
    return View(text, [*rows, page.turns])


def _version(visit: Visit, version: Version, zone: str) -> Button:
    sign = "● " if version.in_force else ""
    label = f"{sign}v{version.number} · {visit.say.moment(version.published_at, zone)}"
    return Button(label, "version", visit.place._replace(choice=version.number))


SCREEN: Final = Screen("versions", Scope.BOT, "campaign", lambda say: say("Versions"), "analyst", load, view)
