"""Includes those who fell silent before the campaign was activated: so many, and only if an admin says so."""

from typing import Final, NamedTuple

from bot.framework.screen import Act, Action, Button, Done, Place, Scope, Screen, View, Visit
from engine.administration import campaign_views, campaigns

_HOUR_MS: Final = 3_600_000
_HOURS: Final = (1, 24, 72)


class Loaded(NamedTuple):
    """How many people fell silent within each of the hours before, and the revision of how the campaign stands."""

    counts: tuple[int, ...]
    revision: int


async def load(visit: Visit) -> Loaded:
    pool, bot_id = visit.desk.pool, visit.place.bot
    since = [visit.now_ms - hours * _HOUR_MS for hours in _HOURS]
    stand = await campaign_views.stand(pool, bot_id)
    return Loaded(tuple([await campaign_views.count_silent(pool, bot_id, one) for one in since]), stand.revision)


def view(visit: Visit, loaded: Loaded) -> View:
    say, here = visit.say, visit.place
    text = say(
        "People who went quiet before you activated the campaign are left alone. You can include them: their"
        " messages are spread over ten minutes."
    )
    hour, day, days = map(_told, loaded.counts)
    labels = [
        say.label("Include {count} from the last hour", count=hour),
        say.label("Include {count} from the last 24 hours", count=day),
        say.label("Include {count} from the last 3 days", count=days),
    ]
    deeds = ("include_silent.hour", "include_silent.day", "include_silent.days")
    rows = [[Button(label, deed, here)] for label, deed in zip(labels, deeds, strict=True)]
    return View(text, rows, loaded.revision)


def _told(count: int) -> str:
    """Beyond so many it is only said that there are more."""
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
