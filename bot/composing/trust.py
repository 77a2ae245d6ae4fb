"""An owner's word that no other program reads the bot any more, so that silences count again: asked, then confirmed.

The bot's screen and the campaign's have the same two actions.
"""

from collections.abc import Mapping

from bot.framework.screen import Act, Action, Button, Done, View, Visit
from engine.administration import bots
from engine.core.feed_status import FeedStatus, Unread
from engine.core.roles import suffices


def button(visit: Visit, feed: FeedStatus, screen: str) -> list[Button]:
    """A row for a screen: an owner who knows better than the engine may say so. Nobody does while Telegram itself says
    that a foreign webhook is there.
    """
    may_be_off = feed.is_held and feed.unread is not Unread.FOREIGN_WEBHOOK
    if not (may_be_off and suffices(visit.admin.role(visit.place.bot), "owner")):
        return []
    return [Button(visit.say.label("✔ The other program is off"), f"{screen}.doubt", visit.place)]


def actions(screen: str) -> Mapping[str, Action]:
    return {"doubt": Action("owner", _asks(screen)), "trust": Action("owner", _trust, once=True)}


def _asks(screen: str) -> Act:
    async def act(visit: Visit) -> Done:
        say, here = visit.say, visit.place
        ask = say("Is the other program off, or did it take no messages of @{bot}?", bot=visit.bot)
        then = say(
            "If you confirm, everyone who seems quiet counts as quiet, and the sequence goes on. Someone who answered"
            " while the other program was reading may still get a reminder. If you are not sure, just wait: I go on by"
            " myself once it is certain who is quiet."
        )
        rows = [[Button(say.label("✔ Yes, send again"), f"{screen}.trust", here)]]
        back = [[Button(say.label("✖ Cancel"), screen, here)]]
        return Done(view=View(f"{ask}\n\n{then}", [*rows, *back], visit.revision))

    return act


async def _trust(visit: Visit) -> Done:
    await bots.trust(visit.desk.pool, visit.bot, visit.change)
    return Done(note=visit.say("✅ Everyone who seems quiet counts as quiet again."))
