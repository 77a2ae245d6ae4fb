"""The few sentences that the receiver writes to users, in Portuguese or English, as their app is set."""

import re
from gettext import NullTranslations
from typing import Final, NamedTuple

from engine.runtime import translations

_PORTUGUESE: Final = "pt_BR"
_ENGLISH: Final = "en"
_NAMED: Final = re.compile(r"(?:^|,)\s*(pt|en)\b", re.IGNORECASE)


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


class Bilingual(NamedTuple):
    """A sentence for people whose language is not known beforehand: anyone can open a link."""

    portuguese: str
    english: str

    def read_by(self, accepted: str) -> str:
        """For a browser with this `Accept-Language`, the language that it wants most being the first; both if it names
        neither.
        """
        named = _NAMED.search(accepted)
        if named is None:
            return f"{self.portuguese} / {self.english}"
        return self.portuguese if named[1].lower() == "pt" else self.english


def bilingual(text: str) -> Bilingual:
    return Bilingual(_catalogue(_PORTUGUESE).gettext(text), text)


def _catalogue(locale: str) -> NullTranslations:
    return translations.load(locale, "engine")


NO_LINK: Final = bilingual("This link is incomplete or no longer exists.")
NOT_NOW: Final = bilingual("Please try again in a few seconds.")
