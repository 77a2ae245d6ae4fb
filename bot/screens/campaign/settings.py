"""The settings of a draft: how long a silence lasts, time zone, sending hours, and who is skipped."""

from functools import partial
from typing import Final

from msgspec.structs import replace

from bot.composing import drafts
from bot.composing.drafts import Draft
from bot.framework.callbacks import code_of_key
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases.settings import settings_lines
from engine.core.campaign import checks
from engine.core.campaign.snapshot import Snapshot
from engine.core.errors import CampaignError
from engine.core.roles import suffices
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import Mode, Window

_MOST_ZONES: Final = 8
_OTHER: Final[dict[Mode, Mode]] = {"wait": "strict", "strict": "drop", "drop": "wait"}


async def load(visit: Visit) -> Draft:
    return await drafts.load(visit)


def view(visit: Visit, draft: Draft) -> View:
    say, here = visit.say, visit.place
    if not suffices(visit.admin.role(here.bot), "editor"):
        return View("\n".join(settings_lines(say, draft.snapshot)), (), draft.revision)
    paid = (
        say.label("✅ Skip customers who have paid")
        if draft.snapshot.skip_paid
        else say.label("☐ Skip customers who have paid")
    )
    rows = [
        [Button(paid, "settings.paid", here)],
        [Button(say.label("⏱ Silence"), "settings.silence", here)],
        [
            Button(say.label("🌍 Time zone"), "settings.zone", here),
            Button(say.label("🕘 Sending hours"), "settings.window", here),
        ],
        _outside(visit, draft.snapshot),
        [
            Button(say.label("✋ Limits"), "limits", here),
            Button(say.label("⌛ Maximum delay"), "settings.lateness", here),
        ],
    ]
    return View("\n".join(settings_lines(say, draft.snapshot)), rows, draft.revision)


def _outside(visit: Visit, draft: Snapshot) -> list[Button]:
    """What happens to a step that is due outside sending hours, if there are any."""
    if draft.window is None:
        return []
    labels = {
        "wait": visit.say.label("↦ Outside hours: wait"),
        "strict": visit.say.label("↦ Outside hours: wait, even half-sent"),
        "drop": visit.say.label("↦ Outside hours: skip"),
    }
    return [Button(labels[draft.window.mode], "settings.outside", visit.place)]


async def _switch_outside(visit: Visit) -> Done:
    await drafts.save(visit, _with_other_outside)
    return drafts.saved(visit)


def _with_other_outside(draft: Snapshot) -> Snapshot:
    hours = draft.window
    return draft if hours is None else replace(draft, window=replace(hours, mode=_OTHER[hours.mode]))


async def _paid(visit: Visit) -> Done:
    await drafts.save(visit, lambda draft: replace(draft, skip_paid=not draft.skip_paid))
    return drafts.saved(visit)


def _asks_silence(visit: Visit) -> str:
    return visit.say(
        "How long must a person be quiet before the sequence starts? Write <code>10m</code>, <code>2h</code>"
        " or <code>1d</code>."
    )


async def _take_silence(visit: Visit, message: IncomingMessage) -> Done:
    threshold_ms = step_schedule.parse_duration(message.text)
    checks.check_threshold(threshold_ms, visit.desk.settings.min_threshold_ms)
    await drafts.save(visit, lambda draft: replace(draft, threshold_ms=threshold_ms))
    return drafts.saved(visit)


def _asks_lateness(visit: Visit) -> str:
    return visit.say(
        "How late may a step still be sent, after an outage or a pause? Later than that, it is skipped. For"
        " example: <code>6h</code>."
    )


async def _take_lateness(visit: Visit, message: IncomingMessage) -> Done:
    lateness_ms = step_schedule.parse_duration(message.text)
    checks.check_lateness(lateness_ms)
    await drafts.save(visit, lambda draft: replace(draft, lateness_ms=lateness_ms))
    return drafts.saved(visit)


def _asks_window(visit: Visit) -> str:
    return visit.say(
        "On which days and at what hours may a step start? For example: <code>09:00-21:00</code> or"
        " <code>mon-fri 09:00-18:00</code>; or <code>always</code> to send at any hour."
    )


async def _take_window(visit: Visit, message: IncomingMessage) -> Done:
    hours = sending_hours.parse(message.text)
    await drafts.save(visit, partial(_with_window, hours=hours))
    return drafts.saved(visit)


async def _by_day(visit: Visit) -> Done:
    await drafts.save(visit, partial(_with_window, hours=sending_hours.BY_DAY))
    return drafts.saved(visit)._replace(to="steps", place=visit.place)


def _with_window(draft: Snapshot, hours: Window | None) -> Snapshot:
    """Other hours keep the mode: what happens to a step outside them."""
    kept = draft.window.mode if draft.window else "wait"
    return replace(draft, window=hours and replace(hours, mode=kept))


def _asks_zone(visit: Visit) -> str:
    return visit.say("Which city's time should be used? Write its name, such as <code>Recife</code>.")


async def _take_zone(visit: Visit, message: IncomingMessage) -> Done:
    """Only a complete name is accepted at once: a part of one may mean another place."""
    if zone := step_schedule.zone_of(message.text):
        await drafts.save(visit, partial(_with_zone, zone=zone))
        return drafts.saved(visit)
    found = step_schedule.find_zones(message.text, _MOST_ZONES)
    if not found:
        raise CampaignError("I can't find that city: write the name of a bigger one nearby.")
    rows = [[_zone_button(visit, zone)] for zone in found]
    return Done(view=View(visit.say("Which one? The current time there is next to each."), rows, visit.revision))


def _zone_button(visit: Visit, zone: str) -> Button:
    now = step_schedule.local(visit.now_ms, zone)
    return Button(f"{zone} · {now:%H:%M}", "settings.zone_is", visit.place._replace(choice=code_of_key(zone)))


async def _zone_is(visit: Visit) -> Done:
    zone = next((zone for zone in step_schedule.zones() if code_of_key(zone) == visit.place.choice), "")
    step_schedule.check_zone(zone)
    await drafts.save(visit, partial(_with_zone, zone=zone))
    return drafts.saved(visit)


def _with_zone(draft: Snapshot, zone: str) -> Snapshot:
    return replace(draft, zone=zone)


SCREEN: Final = Screen(
    "settings",
    Scope.BOT,
    "campaign",
    lambda say: say("Settings"),
    "analyst",
    load,
    view,
    {
        "paid": Action("editor", _paid),
        "outside": Action("editor", _switch_outside),
        "by_day": Action("editor", _by_day),
        "zone_is": Action("editor", _zone_is),
    },
    {
        "silence": Question("editor", _asks_silence, _take_silence),
        "lateness": Question("editor", _asks_lateness, _take_lateness),
        "window": Question("editor", _asks_window, _take_window),
        "zone": Question("editor", _asks_zone, _take_zone),
    },
)
