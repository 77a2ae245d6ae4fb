"""The few sentences that the receiver writes to users, in Portuguese or English, as their Telegram is set."""

from gettext import NullTranslations
from typing import Final, NamedTuple

from engine.runtime import translations

_PORTUGUESE: Final = "pt_BR"
_ENGLISH: Final = "en"


class ReplyTexts(NamedTuple):
    """`undo` is the label of the button under `stopped`."""

    stopped: str
    undo: str
    undone: str


def texts_for(language: str | None) -> ReplyTexts:
    """`language` is Telegram's code for it, such as pt-br."""
    is_portuguese = (language or "").lower().startswith("pt")
    gettext = _catalogue(_PORTUGUESE if is_portuguese else _ENGLISH).gettext
    return ReplyTexts(
        stopped=gettext("🔕 Done. This bot won't send you any more reminders."),
        undo=gettext("Undo"),
        undone=gettext("🔔 All right, reminders from this bot are back on."),
    )


def bilingual(text: str) -> str:
    """A sentence for people whose language is unknown: anyone can open a link."""
    return f"{_catalogue(_PORTUGUESE).gettext(text)} / {text}"


def _catalogue(locale: str) -> NullTranslations:
    return translations.load(locale, "engine")


NO_LINK: Final = bilingual("This link is incomplete or no longer exists.")
NOT_NOW: Final = bilingual("Please try again in a few seconds.")
