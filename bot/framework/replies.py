"""What the manager says without a screen: to strangers, on a tap, and when something went wrong."""

from aiogram.types import User

from bot.framework.guard import Verdict
from bot.framework.i18n import Translator
from engine.administration import members
from engine.administration.members import Language


def toast(verdict: Verdict, say: Translator) -> str:
    match verdict:
        case Verdict.REDRAW:
            return say.label("Menu refreshed")
        case Verdict.PRESS_AGAIN:
            return say.label("That button was old. Check and tap again")
        case _:
            return ""


def stranger(user: User) -> str:
    say = Translator(language(user))
    return say("This bot is for admins only. Ask the bot's owner for an invitation.")


def excuse(user: User) -> str:
    return Translator(language(user)).label("That didn't work. Try again in a moment.")


def language(user: User) -> Language:
    return members.language_of(user.language_code)
