"""The emergency stop: holds every send of every bot, and lets them go on. For those who own all."""

from typing import Final

from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns


async def load(visit: Visit) -> bool:
    return await campaign_views.is_stopped_everywhere(visit.desk.pool)


def view(visit: Visit, stopped: bool) -> View:  # noqa: FBT001 - what `load` gives is the one fact
    say = visit.say
    if stopped:
        text = say("⛔ The emergency stop holds every send of every bot.")
        return View(text, [[Button(say.label("▶ Let all go on"), "emergency_stop.release", visit.place)]], revision=1)
    text = say("Within two seconds no bot sends anything any more. Everything keeps its place until you let it go on.")
    return View(text, [[Button(say.label("⛔ Stop everything now"), "emergency_stop.engage", visit.place)]])


async def _engage(visit: Visit) -> Done:
    await campaigns.stop_all(visit.desk.pool, visit.change)
    return Done(visit.say.label("Everything is stopped"))


async def _release(visit: Visit) -> Done:
    await campaigns.resume_all(visit.desk.pool, visit.change)
    return Done(visit.say.label("Goes on"))


SCREEN: Final = Screen(
    "emergency_stop",
    Scope.HOME,
    "home",
    lambda say: say("Emergency stop"),
    "owner",
    load,
    view,
    {"engage": Action("owner", _engage), "release": Action("owner", _release)},
)
