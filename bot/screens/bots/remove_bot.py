"""Asks for confirmation before a bot is removed, with the number of people affected."""

from typing import Final, NamedTuple
from zlib import crc32

from bot.framework.screen import HOME, Action, Button, Done, Scope, Screen, View, Visit
from engine.administration import bot_views, bots, campaign_views, members


class RemovalImpact(NamedTuple):
    """How many people are waiting, how many messages are still to be deleted, and when anything about the bot last
    changed, in ms.
    """

    waiting: int
    timed: int
    changed_ms: int


async def load(visit: Visit) -> RemovalImpact:
    pool, bot_id = visit.desk.pool, visit.place.bot
    _, changed_ms = await members.last_change(pool, bot_id)
    waiting, timed = await campaign_views.waiting(pool, bot_id), await bot_views.timed(pool, bot_id)
    return RemovalImpact(waiting, timed, changed_ms)


def view(visit: Visit, loaded: RemovalImpact) -> View:
    say = visit.say
    impact = say.count(
        "{number} person is in the middle of the sequence and won't get the rest.",
        "{number} people are in the middle of the sequence and won't get the rest.",
        loaded.waiting,
    )
    left = say.count(
        "{number} message that was to be deleted later stays in its chat.",
        "{number} messages that were to be deleted later stay in their chats.",
        loaded.timed,
    )
    kept = say("Its token is erased. Its campaign is kept in case you connect the bot again.")
    text = "\n\n".join([say("Remove @{bot}?", bot=visit.bot), impact, *([left] if loaded.timed else []), kept])
    return View(
        text, [[Button(say.label("🗑 Remove now"), "remove_bot.now", visit.place)]], crc32(b"%d" % loaded.changed_ms)
    )


async def _remove(visit: Visit) -> Done:
    desk = visit.desk
    await bots.remove(desk.pool, desk.redis, visit.bot, visit.change, confirmed=True)
    return Done(to=HOME, note=visit.say("@{bot} has been removed.", bot=visit.bot))


SCREEN: Final = Screen(
    "remove_bot",
    Scope.BOT,
    "bot",
    lambda say: say("Remove"),
    "owner",
    load,
    view,
    {"now": Action("owner", _remove, slow=True)},
)
