"""What the manager says without a screen: to strangers, on a tap, and when something went wrong."""

from aiogram.types import User

from bot.framework.guard import Verdict
from bot.framework.i18n import Translator
from engine.administration import members
from engine.administration.members import Language
from engine.core.errors import UnreachableError


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


def excuse(user: User, error: Exception) -> str:
    say = Translator(language(user))
    if isinstance(error, UnreachableError):
        return say.label("The system can't answer right now. Try again in a moment.")
    return say.label("That didn't work. Try again in a moment.")


def left_out(language_code: str | None, count: int) -> str:
    """For an admin who sent more than can wait at once."""
    return Translator(members.language_of(language_code)).count(
        "⚠ You sent too much at once: {number} message or tap was left out. Send it again.",
        "⚠ You sent too much at once: {number} messages or taps were left out. Send them again, a few at a time.",
        count,
    )


def language(user: User) -> Language:
    return members.language_of(user.language_code)
