"""The manager's sentences in the admin's language: `bot.po` holds its own, `engine.po` the engine's refusals.

Sentences are HTML, so their values are escaped; labels of buttons are plain, and their values stay as they are. The
engine's phrases and refusals are plain, and are translated wherever they occur as values.
"""

import html
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta

from engine.administration.members import Language
from engine.core.errors import Phrase, RecoveryError, SpokenError
from engine.runtime import translations

_LOCALES: Final[dict[Language, str]] = {"pt": "pt_BR", "en": "en"}
_CATALOGUES: Final = ("bot", "engine")
_MOMENT: Final = "EEE d MMM HH:mm"


def escaped(text: str) -> str:
    """Text that a person wrote, as HTML."""
    return html.escape(text, quote=False)


class Translator:
    """Translates into one language. Calling it gives a sentence."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._translations = translations.load(_LOCALES[language], *_CATALOGUES)

    def __call__(self, text: str, /, **values: object) -> str:
        """A sentence, as HTML."""
        sentence = self._translations.gettext(text)
        return sentence.format(**{name: escaped(str(self._translated(value))) for name, value in values.items()})

    def label(self, text: str, /, **values: object) -> str:
        """The plain text of a button or a toast."""
        label = self._translations.gettext(text)
        return label.format(**{name: self._translated(value) for name, value in values.items()})

    def refusal(self, error: RecoveryError) -> str:
        """The reason for a refusal, as HTML; in English if there is no translation."""
        return escaped(str(self._translated(error)))

    def moment(self, moment_ms: int, zone: str) -> str:
        """Day and time in a zone, as people write them: `qui. 26 nov. 09:30`."""
        at = datetime.fromtimestamp(moment_ms / 1000, ZoneInfo(zone))
        return format_datetime(at, _MOMENT, locale=_LOCALES[self.language])

    def ago(self, ms: int) -> str:
        """A time in the past, such as `há 20 segundos`."""
        return self._from_now(-max(ms, 1_000))

    def ahead(self, ms: int) -> str:
        """A time in the future, such as `em 20 segundos`."""
        return self._from_now(max(ms, 1_000))

    def count(self, one: str, many: str, number: int) -> str:
        """A sentence about a number of things, as HTML. The number replaces `{number}`."""
        return self._translations.ngettext(one, many, number).format(number=number)

    def _from_now(self, ms: int) -> str:
        distance = timedelta(milliseconds=ms)
        return format_timedelta(distance, add_direction=True, threshold=1.2, locale=_LOCALES[self.language])

    def _translated(self, value: object) -> object:
        """The engine's phrases and refusals in this language, as plain text; any other value as it is."""
        words = value.phrase if isinstance(value, SpokenError) else value
        return self.label(words.template, **words.values) if isinstance(words, Phrase) else words
