"""The home: the bots with how they stand, and the language."""

from typing import Final

from bot.screen import HOME, Action, Button, Place, Screen, View, Visit
from engine import admins
from engine.admins import Language, Stand
from engine.core.sign import Sign

_SIGNS: Final[dict[Sign, str]] = {"live": "●", "held": "⏸", "attention": "⚠", "off": "○"}
_PAGE: Final = 8


async def load(visit: Visit) -> list[Stand]:
    return await admins.bots_of(visit.desk.pool, visit.admin)


def view(visit: Visit, bots: list[Stand]) -> View:
    first = min(visit.place.choice, max(0, len(bots) - 1) // _PAGE) * _PAGE
    rows = [[_bot(bot)] for bot in bots[first : first + _PAGE]]
    turns = _turns(visit, first, len(bots))
    return View(_text(visit, bots), [*rows, *([turns] if turns else []), [_language(visit)]])


def _text(visit: Visit, bots: list[Stand]) -> str:
    say = visit.say
    title = say("<b>🔁 Recovery</b>")
    if not bots:
        nothing = say("No bot is connected yet.")
        return f"{title}\n\n{nothing}"
    count, legend = say.count("{number} bot", "{number} bots", len(bots)), say("● live · ⏸ held · ⚠ attention · ○ off")
    return f"{title}\n{count}\n\n{legend}"


def _bot(bot: Stand) -> Button:
    return Button(f"{_SIGNS[bot.sign]} @{bot.username}", "bot", Place(bot.bot_id))


def _turns(visit: Visit, first: int, count: int) -> list[Button]:
    page = first // _PAGE
    back = [Button(visit.say.label("◀ Previous"), HOME, Place(choice=page - 1))] if page else []
    on = [Button(visit.say.label("Next ▶"), HOME, Place(choice=page + 1))] if first + _PAGE < count else []
    return [*back, *on]


def _language(visit: Visit) -> Button:
    """Named in the language to which it leads."""
    label = "🌐 English" if visit.say.language == "pt" else "🌐 Português"
    return Button(label, "home.language", visit.place)


async def _speak(visit: Visit) -> str:
    other: Language = "en" if visit.say.language == "pt" else "pt"
    await admins.speak(visit.desk.pool, visit.admin, other, visit.now_ms)
    return ""


SCREEN: Final = Screen(HOME, None, load, view, {"language": Action(None, _speak)})
