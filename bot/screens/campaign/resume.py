"""The end of a pause: the admin chooses what happens to the delays of people who were waiting."""

from typing import Final

from bot.framework.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns
from engine.administration.campaign_views import CampaignStatus
from engine.core.delivery.replan import Policy


async def load(visit: Visit) -> CampaignStatus:
    return await campaign_views.stand(visit.desk.pool, visit.place.bot)


def view(visit: Visit, stand: CampaignStatus) -> View:
    say, here = visit.say, visit.place
    waiting = say.count("⏳ {number} person waiting", "⏳ {number} people waiting", stand.waiting)
    if stand.paused_from == "finishing":
        waiting = f"{waiting}\n{say('◐ FINISHING: only people who have started get the rest')}"
    explained = say(
        "<b>Resume</b>: everyone waits for what was left of their delay. Fixed times stay as they are.\n"
        "<b>As if it was never paused</b>: anything overdue is sent within ten minutes. Anything too late is"
        " skipped.\n<b>Restart the delays</b>: everyone's delay counts from now."
    )
    rows = [
        [Button(say.label("▶ Resume"), "resume.continue", here)],
        [Button(say.label("⏩ As if it was never paused"), "resume.never", here)],
        [Button(say.label("🔄 Restart the delays"), "resume.restart", here)],
    ]
    return View(f"{waiting}\n\n{explained}", rows, stand.revision)


def _resumes(policy: Policy) -> Act:
    async def act(visit: Visit) -> Done:
        await campaigns.resume(visit.desk.pool, visit.bot, visit.change, policy)
        return Done(visit.say.label("Resumed"), "campaign", Place(visit.place.bot))

    return act


SCREEN: Final = Screen(
    "resume",
    Scope.BOT,
    "campaign",
    lambda say: say("Resume"),
    "editor",
    load,
    view,
    {
        "continue": Action("editor", _resumes("continue")),
        "never": Action("editor", _resumes("as_if_never_paused")),
        "restart": Action("editor", _resumes("restart")),
    },
)
