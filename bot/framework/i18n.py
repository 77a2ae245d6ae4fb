"""What the manager says, in each language. The code says it in English; `languages/` holds the other languages.

Values are escaped in sentences, which are HTML, and stay as they are on labels, which are plain. The engine's phrases
and refusals are plain, and are translated wherever they stand as values.
"""

import html
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from engine.administration.members import Language
from engine.core.errors import Phrase, RecoveryError, SpokenError

_LOCALES: Final[dict[Language, str]] = {"pt": "pt_BR", "en": "en"}
_MOMENT: Final = "EEE d MMM HH:mm"
CATALOGUES: Final = Path(__file__).parents[1] / "languages"


def escaped(text: str) -> str:
    """What somebody has written, as HTML."""
    return html.escape(text, quote=False)


class Say:
    """Speaks one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._translations = _load(language)

    def __call__(self, text: str, /, **values: object) -> str:
        """A sentence, as HTML."""
        said = self._translations.gettext(text)
        return said.format(**{name: escaped(str(self._said(value))) for name, value in values.items()})

    def label(self, text: str, /, **values: object) -> str:
        """What stands on a button, or in a toast."""
        said = self._translations.gettext(text)
        return said.format(**{name: self._said(value) for name, value in values.items()})

    def refusal(self, error: RecoveryError) -> str:
        """Why not, as HTML; in English where nothing else is known."""
        return escaped(str(self._said(error)))

    def moment(self, moment_ms: int, zone: str) -> str:
        """Day and time in a zone, as people write them, such as `qui. 26 nov. 09:30`."""
        at = datetime.fromtimestamp(moment_ms / 1000, ZoneInfo(zone))
        return format_datetime(at, _MOMENT, locale=_LOCALES[self.language])

    def ago(self, ms: int) -> str:
        """Such as `há 20 segundos`."""
        past = timedelta(milliseconds=-max(ms, 1_000))
        return format_timedelta(past, add_direction=True, threshold=1.2, locale=_LOCALES[self.language])

    def count(self, one: str, many: str, number: int) -> str:
        """A sentence about so many, as HTML; `{number}` stands for it."""
        return self._translations.ngettext(one, many, number).format(number=number)

    def _said(self, value: object) -> object:
        """A value in this language, as plain text, if it is one of the engine's phrases or a refusal."""
        words = value.phrase if isinstance(value, SpokenError) else value
        return self.label(words.template, **words.values) if isinstance(words, Phrase) else words


@cache
def _load(language: Language) -> NullTranslations:
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language, abort_invalid=True))
    compiled.seek(0)
    return Translations(compiled)
