"""Asks once more before a campaign is stopped: what ends with it, in numbers, and the safe way out first."""

from typing import Final, NamedTuple

from bot.screen import Action, Button, Screen, View, Visit
from engine import administration, admins


class Loaded(NamedTuple):
    """`name` is None for a bot that is removed."""

    name: str | None
    waiting: int


async def load(visit: Visit) -> Loaded:
    bot = await admins.health(visit.desk.pool, visit.place.bot)
    return Loaded(bot.username if bot else None, await administration.waiting(visit.desk.pool, visit.place.bot))


def view(visit: Visit, loaded: Loaded) -> View:
    say = visit.say
    back = [Button(say.label("◀ Back"), "campaign", visit.place)]
    if loaded.name is None:
        return View(say("This bot is no longer connected."), [back])
    title = say("Stop the recovery of @{bot}?", bot=loaded.name)
    impact = say.count(
        "{number} person is in the middle of the sequence, and gets no more of it.",
        "{number} people are in the middle of the sequence, and get no more of it.",
        loaded.waiting,
    )
    return View(f"{title}\n\n{impact}", [back, [Button(say.label("⏹ Stop now"), "stop.now", visit.place)]])


async def _stop(visit: Visit) -> str:
    bot = await admins.health(visit.desk.pool, visit.place.bot)
    await administration.stop(visit.desk.pool, bot.username if bot else "", visit.change)
    return visit.say.label("Stopped")


SCREEN: Final = Screen("stop", "editor", load, view, {"now": Action("editor", _stop)})
