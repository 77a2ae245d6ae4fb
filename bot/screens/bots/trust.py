"""Asks an owner to confirm that no other program reads the bot any more, so that silences count again."""

from typing import Final

from bot.framework.screen import Action, Button, Done, Scope, Screen, View, Visit
from engine.administration import bots, feed_views
from engine.core.errors import NotFoundError
from engine.core.feed_status import FeedStatus


async def load(visit: Visit) -> FeedStatus:
    """Raises NotFoundError if nothing is in doubt."""
    feed = await feed_views.feed(visit.desk.pool, visit.desk.redis, visit.place.bot)
    if not feed.is_held:
        raise NotFoundError("This is no longer there: check the current list.")
    return feed


def view(visit: Visit, _: FeedStatus) -> View:
    say = visit.say
    ask = say("Is the other program off, or did it take no messages of @{bot}?", bot=visit.bot)
    then = say(
        "If you confirm, everyone who seems quiet counts as quiet, and the sequence goes on. Someone who answered while"
        " the other program was reading may still get a reminder. If you are not sure, just wait: I go on by myself"
        " once it is certain who is quiet."
    )
    return View(f"{ask}\n\n{then}", [[Button(say.label("✔ Yes, send again"), "trust.now", visit.place)]])


async def _trust(visit: Visit) -> Done:
    await bots.trust(visit.desk.pool, visit.bot, visit.change)
    return Done(to="bot", place=visit.place, note=visit.say("✅ Everyone who seems quiet counts as quiet again."))


SCREEN: Final = Screen(
    "trust",
    Scope.BOT,
    "bot",
    lambda say: say("Other program"),
    "owner",
    load,
    view,
    {"now": Action("owner", _trust)},
)
