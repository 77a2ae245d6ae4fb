"""Asks for confirmation before a campaign is stopped, and which kind of stop is meant."""

from typing import Final

from bot.framework.screen import Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns
from engine.administration.campaign_views import CampaignStatus


async def load(visit: Visit) -> CampaignStatus:
    return await campaign_views.stand(visit.desk.pool, visit.place.bot)


def view(visit: Visit, stand: CampaignStatus) -> View:
    say, here = visit.say, visit.place
    title = say("Stop recovery for @{bot}?", bot=visit.bot)
    impact = say.count(
        "{number} person is in the middle of the sequence.",
        "{number} people are in the middle of the sequence.",
        stand.waiting,
    )
    finish = say("<b>Let them finish</b>: nobody else enters the sequence, and people who have started get the rest.")
    now = say("<b>Stop for everyone now</b>: nobody gets anything else.")
    rows = [
        [Button(say.label("◐ Let them finish"), "stop.finish", here)],
        [Button(say.label("⏹ Stop for everyone now"), "stop.now", here)],
    ]
    return View(f"{title}\n\n{impact}\n\n{finish}\n\n{now}", rows, stand.revision)


async def _stop(visit: Visit) -> Done:
    await campaigns.stop(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Campaign stopped"), "campaign", Place(visit.place.bot))


async def _finish(visit: Visit) -> Done:
    await campaigns.finish(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Nobody else enters the sequence"), "campaign", Place(visit.place.bot))


SCREEN: Final = Screen(
    "stop",
    Scope.BOT,
    "campaign",
    lambda say: say("Stop"),
    "editor",
    load,
    view,
    {"now": Action("editor", _stop, slow=True), "finish": Action("editor", _finish)},
)
