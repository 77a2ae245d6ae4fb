"""The home screen: the bots and their state, the language, and what concerns all bots, for owners of all."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bot.framework.incoming import IncomingMessage
from bot.framework.paging import page_of
from bot.framework.screen import HOME, Action, Button, Done, Place, Question, Scope, Screen, View, Visit
from bot.phrases.feed import is_in_the_way, short_trouble
from engine.administration import bot_views, feed_views, members
from engine.administration import bots as registry
from engine.administration.bot_tokens import who_is
from engine.administration.bot_views import BotStatus
from engine.administration.members import Language
from engine.core.bot_status import Sign
from engine.core.feed_status import FeedStatus
from engine.settings import Secret

SIGNS: Final[dict[Sign, str]] = {"live": "●", "held": "⏸", "attention": "⚠", "off": "○"}


class HomePage(NamedTuple):
    """`troubles` are those of the bots on the page whose feed is in the way of sending."""

    bots: list[BotStatus]
    troubles: Mapping[int, FeedStatus]


async def load(visit: Visit) -> HomePage:
    desk, bots = visit.desk, await bot_views.bots_of(visit.desk.pool, visit.admin)
    shown = [bot.bot_id for bot in page_of(visit, HOME, bots).items]
    feeds = await asyncio.gather(*(feed_views.feed(desk.pool, desk.redis, bot_id) for bot_id in shown))
    return HomePage(bots, {bot_id: feed for bot_id, feed in zip(shown, feeds, strict=True) if is_in_the_way(feed)})


def view(visit: Visit, loaded: HomePage) -> View:
    page = page_of(visit, HOME, loaded.bots)
    rows = [[_bot(bot, loaded.troubles.get(bot.bot_id))] for bot in page.items]
    return View(_text(visit, loaded, page.items), [*rows, page.turns, _of_all(visit), _language(visit)])


def _text(visit: Visit, loaded: HomePage, shown: Sequence[BotStatus]) -> str:
    say = visit.say
    title = say("<b>🔁 Recovery</b>")
    if not loaded.bots:
        return "\n\n".join([title, say("No bot is connected yet.")])
    count, legend = (
        say.count("{number} bot", "{number} bots", len(loaded.bots)),
        say("● active · ⏸ paused · ⚠ problem · ○ inactive"),
    )
    lines = [
        short_trouble(say, bot.username, loaded.troubles[bot.bot_id]) for bot in shown if bot.bot_id in loaded.troubles
    ]
    return "\n\n".join([f"{title}\n{count}", *(["\n".join(lines)] if lines else []), legend])


def _bot(bot: BotStatus, feed: FeedStatus | None) -> Button:
    sign: Sign = "attention" if feed else bot.sign
    return Button(f"{SIGNS[sign]} @{bot.username}", "bot", Place(bot.bot_id))


def _of_all(visit: Visit) -> list[Button]:
    if not visit.admin.owns_all:
        return []
    say = visit.say
    return [
        Button(say.label("➕ Bot"), "home.add", Place()),
        Button(say.label("⛔ Stop everything"), "emergency_stop", Place()),
    ]


def _language(visit: Visit) -> list[Button]:
    """Each language is named in itself."""
    label = "🌐 English" if visit.say.language == "pt" else "🌐 Português"
    return [Button(label, "home.language", visit.place)]


async def _speak(visit: Visit) -> Done:
    other: Language = "en" if visit.say.language == "pt" else "pt"
    await members.speak(visit.desk.pool, visit.admin, other, visit.now_ms)
    return Done()


def _asks(visit: Visit) -> str:
    return visit.say(
        "Send me the bot's token, exactly as @BotFather shows it. I'll delete your message right away and keep"
        " the token encrypted.\n\nFrom then on the bot's updates are read here. If another system already uses"
        " this token, only one of the two works: switch the other one off, or have it set a webhook first,"
        " which we leave alone."
    )


async def _take(visit: Visit, message: IncomingMessage) -> Done:
    desk, token = visit.desk, Secret(message.text.strip())
    bot = await who_is(desk.settings.telegram_api_url, token)
    manager_id = desk.settings.manager_id
    await registry.add(desk.pool, desk.vault, bot, token, None, visit.change, manager_id=manager_id)
    return Done(to="bot", place=Place(bot.id), note=visit.say("✅ @{bot} is connected.", bot=bot.username))


SCREEN: Final = Screen(
    HOME,
    Scope.HOME,
    "",
    lambda say: say("Bots"),
    None,
    load,
    view,
    {"language": Action(None, _speak)},
    {"add": Question("owner", _asks, _take, secret=True)},
)
