"""The home screen: the bots and their state, the language, and what concerns all bots, for owners of all."""

from typing import Final

from bot.framework.incoming import IncomingMessage
from bot.framework.paging import page_of
from bot.framework.screen import HOME, Action, Button, Done, Place, Question, Scope, Screen, View, Visit
from engine.administration import bot_views, members
from engine.administration import bots as registry
from engine.administration.bot_tokens import who_is
from engine.administration.bot_views import BotStatus
from engine.administration.members import Language
from engine.core.bot_status import Sign
from engine.settings import Secret

SIGNS: Final[dict[Sign, str]] = {"live": "●", "held": "⏸", "attention": "⚠", "off": "○"}


async def load(visit: Visit) -> list[BotStatus]:
    return await bot_views.bots_of(visit.desk.pool, visit.admin)


def view(visit: Visit, bots: list[BotStatus]) -> View:
    page = page_of(visit, HOME, bots)
    return View(
        _text(visit, bots), [*([_bot(bot)] for bot in page.items), page.turns, _of_all(visit), _language(visit)]
    )


def _text(visit: Visit, bots: list[BotStatus]) -> str:
    say = visit.say
    title = say("<b>🔁 Recovery</b>")
    if not bots:
        return "\n\n".join([title, say("No bot is connected yet.")])
    count, legend = (
        say.count("{number} bot", "{number} bots", len(bots)),
        say("● active · ⏸ paused · ⚠ problem · ○ inactive"),
    )
    return f"{title}\n{count}\n\n{legend}"


def _bot(bot: BotStatus) -> Button:
    return Button(f"{SIGNS[bot.sign]} @{bot.username}", "bot", Place(bot.bot_id))


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
