"""The emergency stop: stops all bots from sending, and resumes them. For owners of all bots."""

from typing import Final

from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns


async def load(visit: Visit) -> bool:
    return await campaign_views.is_stopped_everywhere(visit.desk.pool)


def view(visit: Visit, stopped: bool) -> View:  # noqa: FBT001 - the one fact that `load` returns
    say = visit.say
    if stopped:
        text = say("⛔ Emergency stop: no bot is sending anything.")
        return View(
            text, [[Button(say.label("▶ Resume everything"), "emergency_stop.release", visit.place)]], revision=1
        )
    text = say("Within two seconds, no bot sends anything. The queue picks up where it left off when you resume.")
    return View(text, [[Button(say.label("⛔ Stop everything now"), "emergency_stop.engage", visit.place)]])


async def _engage(visit: Visit) -> Done:
    await campaigns.stop_all(visit.desk.pool, visit.change)
    return Done(visit.say.label("Everything has stopped"))


async def _release(visit: Visit) -> Done:
    await campaigns.resume_all(visit.desk.pool, visit.change)
    return Done(visit.say.label("Resumed"))


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
