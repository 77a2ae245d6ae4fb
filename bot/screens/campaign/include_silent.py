"""Includes people who went quiet before the campaign was activated, if an admin asks for it, and shows how many."""

from typing import Final, NamedTuple

from bot.framework.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns

_HOUR_MS: Final = 3_600_000
_HOURS: Final = (1, 24, 72)


class SilentCounts(NamedTuple):
    """How many people went quiet within each number of hours, and the revision of the campaign's state."""

    counts: tuple[int, ...]
    revision: int


async def load(visit: Visit) -> SilentCounts:
    pool, bot_id = visit.desk.pool, visit.place.bot
    since = [visit.now_ms - hours * _HOUR_MS for hours in _HOURS]
    stand = await campaign_views.stand(pool, bot_id)
    return SilentCounts(tuple([await campaign_views.count_silent(pool, bot_id, one) for one in since]), stand.revision)


def view(visit: Visit, loaded: SilentCounts) -> View:
    say, here = visit.say, visit.place
    text = say(
        "People who went quiet before you activated the campaign are left alone. You can include them: their"
        " messages are spread over ten minutes."
    )
    hour, day, days = map(_shown, loaded.counts)
    labels = [
        say.label("Include {count} from the last hour", count=hour),
        say.label("Include {count} from the last 24 hours", count=day),
        say.label("Include {count} from the last 3 days", count=days),
    ]
    routes = ("include_silent.hour", "include_silent.day", "include_silent.days")
    rows = [[Button(label, route, here)] for label, route in zip(labels, routes, strict=True)]
    return View(text, rows, loaded.revision)


def _shown(count: int) -> str:
    """The exact number up to the most that is counted."""
    most = campaign_views.MOST_COUNTED
    return f"{count}" if count < most else f"{most}+"


def _includes(hours: int) -> Act:
    async def act(visit: Visit) -> Done:
        since_ms = visit.now_ms - hours * _HOUR_MS
        await campaigns.include_silent(visit.desk.pool, visit.place.bot, since_ms, visit.change)
        return Done(visit.say.label("People included"), "campaign", Place(visit.place.bot))

    return act


SCREEN: Final = Screen(
    "include_silent",
    Scope.BOT,
    "campaign",
    lambda say: say("Already quiet"),
    "editor",
    load,
    view,
    {
        "hour": Action("editor", _includes(_HOURS[0]), once=True),
        "day": Action("editor", _includes(_HOURS[1]), once=True),
        "days": Action("editor", _includes(_HOURS[2]), once=True),
    },
)
