"""The campaign of a bot: whether it is live, what is not published, and when a silence that begins now is sent what."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NamedTuple
from zlib import crc32

from bot.screen import Action, Button, Screen, View, Visit
from engine import administration, admins
from engine.administration import Overview
from engine.core.campaign import State
from engine.core.errors import NotFoundError
from engine.core.schedule import write_duration

_MOST_STEPS: Final = 20
"""A screen is one message; the list of steps has a screen of its own."""
_SETS: Final[dict[State, tuple[str, ...]]] = {
    "draft": ("activate",),
    "shadow": ("activate", "stop"),
    "live": ("pause", "stop"),
    "paused": ("activate", "stop"),
    "finishing": ("pause", "stop"),
    "stopped": ("activate",),
}
"""What can be done in each state."""


class Loaded(NamedTuple):
    """`campaign` is None while nothing was composed; `name` is None for a bot that is removed."""

    name: str | None
    campaign: Overview | None


async def load(visit: Visit) -> Loaded:
    bot = await admins.health(visit.desk.pool, visit.place.bot)
    if bot is None:
        return Loaded(None, None)
    try:
        return Loaded(bot.username, await administration.show(visit.desk.pool, bot.username, visit.now_ms))
    except NotFoundError:
        return Loaded(bot.username, None)


def view(visit: Visit, loaded: Loaded) -> View:
    say = visit.say
    back = [Button(say.label("◀ Back"), "bot", visit.place)]
    if loaded.name is None:
        return View(say("This bot is no longer connected."), [back])
    title = say("🏠 › @{bot} › <b>Recovery</b>", bot=loaded.name)
    campaign = loaded.campaign
    if campaign is None:
        nothing = say("Nothing is composed yet.")
        return View(f"{title}\n\n{nothing}", [back])
    steps = [Button(say.label("📋 Steps"), "steps", visit.place)]
    rows = [row for row in (steps, _switches(visit, campaign), back) if row]
    return View("\n".join([title, "", *_lines(visit, campaign)]), rows, _revision(campaign))


def _lines(visit: Visit, campaign: Overview) -> Iterator[str]:
    say, shown = visit.say, campaign.shown
    yield f"<b>{_state(visit, campaign)}</b>"
    if campaign.stopped_everywhere:
        yield say("⛔ The emergency stop holds every send of every bot.")
    if not campaign.draft_is_published:
        yield say("✎ Changes are not published.")
    yield ""
    yield say("Silence: {time} · zone: {zone}", time=write_duration(shown.threshold_ms), zone=shown.zone)
    yield say("✅ Skips customers who paid") if shown.skip_paid else say("☐ Sends to customers who paid too")
    yield ""
    yield say("Somebody silent from now on is sent:")
    for number, planned in enumerate(campaign.plan[:_MOST_STEPS], 1):
        yield say("{number}. {when}", number=number, when=say.moment(planned.due_ms, shown.zone))


def _state(visit: Visit, campaign: Overview) -> str:
    say = visit.say
    words: dict[State, str] = {
        "draft": say("✎ DRAFT"),
        "shadow": say("👁 SHADOW: decides, and sends nothing"),
        "live": say("● LIVE"),
        "paused": say("⏸ PAUSED: everything keeps its place"),
        "finishing": say("◐ FINISHING: nobody new begins"),
        "stopped": say("⏹ STOPPED"),
    }
    version = f" v{campaign.published_version}" if campaign.published_version else ""
    return f"{words[campaign.state]}{version}"


def _switches(visit: Visit, campaign: Overview) -> list[Button]:
    say = visit.say
    labels = {"activate": say.label("▶ Activate"), "pause": say.label("⏸ Pause"), "stop": say.label("⏹ Stop")}
    able = _SETS[campaign.state] if campaign.published_version else ()
    return [Button(labels[name], _CONFIRMED.get(name, f"campaign.{name}"), visit.place) for name in able]


_CONFIRMED: Final = {"stop": "stop"}
"""What ends something is asked for once more, on a screen of its own."""


def _revision(campaign: Overview) -> int:
    return crc32(f"{campaign.state} {campaign.draft_revision} {campaign.published_version}".encode())


Verb = Callable[..., Awaitable[State]]


def _does(verb: Verb) -> Action:
    async def act(visit: Visit) -> str:
        bot = await admins.health(visit.desk.pool, visit.place.bot)
        await verb(visit.desk.pool, bot.username if bot else "", visit.change)
        return visit.say.label("Done")

    return Action("editor", act)


SCREEN: Final = Screen(
    "campaign",
    "analyst",
    load,
    view,
    {"activate": _does(administration.activate), "pause": _does(administration.pause)},
)
