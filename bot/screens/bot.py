"""One bot: how it stands, what is wrong with it, and whether it may send."""

from typing import Final

from bot.screen import HOME, Action, Button, Place, Screen, View, Visit
from engine import admins, registry
from engine.admins import Health

_REVISIONS: Final = {"active": 1, "paused": 2, "suspended": 3}
"""Whatever a button here changes is the status."""


async def load(visit: Visit) -> Health | None:
    return await admins.health(visit.desk.pool, visit.place.bot)


def view(visit: Visit, bot: Health | None) -> View:
    back = [Button(visit.say.label("◀ Back"), HOME, Place())]
    if bot is None:
        return View(visit.say("This bot is no longer connected."), [back])
    campaign = [Button(visit.say.label("🔁 Recovery"), "campaign", visit.place)]
    return View(_text(visit, bot), [campaign, *_switch(visit, bot), back], _REVISIONS[bot.status])


def _text(visit: Visit, bot: Health) -> str:
    say = visit.say
    lines = [f"🏠 › <b>@{bot.username}</b>", "", _status(visit, bot)]
    lines.append(say("Pace: {pace} messages a second", pace=bot.pace))
    lines += [say("⚠ {kind}: {detail}", kind=one.kind, detail=one.detail) for one in bot.incidents]
    return "\n".join(lines)


def _status(visit: Visit, bot: Health) -> str:
    say = visit.say
    match bot.status:
        case "active":
            return say("● Active")
        case "paused":
            return say("⏸ Paused: nothing is sent, and everything keeps its place.")
        case _:
            return say("⚠ Suspended: Telegram refuses its token.")


def _switch(visit: Visit, bot: Health) -> list[list[Button]]:
    here = visit.place
    match bot.status:
        case "active":
            return [[Button(visit.say.label("⏸ Pause"), "bot.pause", here)]]
        case "paused":
            return [[Button(visit.say.label("▶ Resume"), "bot.resume", here)]]
        case _:
            return []


async def _pause(visit: Visit) -> str:
    await registry.pause(visit.desk.pool, await _name(visit), visit.change)
    return visit.say.label("Paused")


async def _resume(visit: Visit) -> str:
    await registry.resume(visit.desk.pool, await _name(visit), visit.change)
    return visit.say.label("Goes on")


async def _name(visit: Visit) -> str:
    bot = await load(visit)
    return bot.username if bot else ""


SCREEN: Final = Screen(
    "bot", "analyst", load, view, {"pause": Action("editor", _pause), "resume": Action("editor", _resume)}
)
