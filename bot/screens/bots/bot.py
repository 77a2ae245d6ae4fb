"""One bot: its state, what is wrong with it, its pause, its token, and the way to its campaign and team."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from bot.composing import trust
from bot.framework.i18n import escaped
from bot.framework.incoming import IncomingMessage
from bot.framework.screen import Action, Button, Done, Question, Scope, Screen, View, Visit
from bot.phrases.feed import is_in_the_way, trouble
from bot.phrases.incidents import incident_name
from engine.administration import bot_views, bots, feed_views
from engine.administration.bot_tokens import who_is
from engine.administration.bot_views import Health
from engine.core.content.invisible import stripped
from engine.core.feed_status import FeedStatus
from engine.core.roles import suffices
from engine.settings import Secret

_REVISIONS: Final = {"active": 1, "paused": 2, "suspended": 3}
"""The status is all that a button here can change."""
_SHOWN: Final = 200
"""No more characters of an incident's detail fit on the screen."""


class BotPage(NamedTuple):
    bot: Health
    feed: FeedStatus


async def load(visit: Visit) -> BotPage:
    pool, bot_id = visit.desk.pool, visit.place.bot
    return BotPage(await bot_views.health(pool, bot_id), await feed_views.feed(pool, visit.desk.redis, bot_id))


def view(visit: Visit, loaded: BotPage) -> View:
    say, here, bot = visit.say, visit.place, loaded.bot
    rows = [
        [Button(say.label("🔁 Recovery"), "campaign", here)],
        _switch(visit, bot),
        trust.button(visit, loaded.feed, "bot"),
    ]
    if suffices(visit.admin.role(here.bot), "owner"):
        rows.append([Button(say.label("👥 Team"), "team", here), Button(say.label("🔑 New token"), "bot.token", here)])
        rows.append([Button(say.label("🗑 Remove the bot"), "remove_bot", here)])
    return View("\n".join(_lines(visit, loaded)), rows, _REVISIONS[bot.status])


def _lines(visit: Visit, loaded: BotPage) -> Iterator[str]:
    say, (bot, feed) = visit.say, loaded
    if bot.status != "active" or not is_in_the_way(feed):
        yield _status(visit, bot)
    if bot.status != "suspended":
        yield trouble(say, feed) or _connection(visit, feed)
    if bot.last_update_ms:
        yield say("Last user activity: {ago}", ago=say.ago(feed.now_ms - bot.last_update_ms))
    yield say("Speed: up to {pace} messages a second", pace=bot.pace)
    for incident in bot.incidents:
        detail = escaped(stripped(incident.detail)[:_SHOWN])
        yield f"⚠ {incident_name(say, incident.kind)}" + (f": {detail}" if detail else "")


def _status(visit: Visit, bot: Health) -> str:
    say = visit.say
    match bot.status:
        case "active":
            return say("● Active")
        case "paused":
            return say("⏸ Paused: nothing is sent. The queue picks up where it left off.")
        case _:
            return say("⚠ Suspended: Telegram refuses its token. Tap 🔑 and send a new one.")


def _connection(visit: Visit, feed: FeedStatus) -> str:
    if feed.read_until_ms is None:
        return visit.say("Connection to Telegram: waiting")
    return visit.say("Connection to Telegram: OK")


def _switch(visit: Visit, bot: Health) -> list[Button]:
    here = visit.place
    if not suffices(visit.admin.role(here.bot), "editor"):
        return []
    match bot.status:
        case "active":
            return [Button(visit.say.label("⏸ Pause"), "bot.pause", here)]
        case "paused":
            return [Button(visit.say.label("▶ Resume"), "bot.resume", here)]
        case _:
            return []


async def _pause(visit: Visit) -> Done:
    await bots.pause(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Paused"))


async def _resume(visit: Visit) -> Done:
    await bots.resume(visit.desk.pool, visit.bot, visit.change)
    return Done(visit.say.label("Resumed"))


def _asks(visit: Visit) -> str:
    return visit.say(
        "Send me @{bot}'s new token, exactly as @BotFather shows it. I'll delete your message right away.",
        bot=visit.bot,
    )


async def _take(visit: Visit, message: IncomingMessage) -> Done:
    """Only of the same bot: another one has other users and files."""
    desk, token = visit.desk, Secret(message.text.strip())
    bot = await who_is(desk.settings.telegram_api_url, token)
    await bots.add(desk.pool, desk.vault, bot, token, visit.bot, visit.change)
    return Done(note=visit.say("✅ @{bot} has its new token.", bot=bot.username))


SCREEN: Final = Screen(
    "bot",
    Scope.BOT,
    "home",
    lambda say: say("Bot"),
    "analyst",
    load,
    view,
    {"pause": Action("editor", _pause), "resume": Action("editor", _resume), **trust.actions("bot")},
    {"token": Question("owner", _asks, _take, secret=True)},
)
