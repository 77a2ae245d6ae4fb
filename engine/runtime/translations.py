"""The catalogues of what people read: gettext, one per package and language.

The code says everything in English, and the English sentence is the key. Catalogues are read from their .po files, as
translators write them: this takes some 50 ms at start, and there is no compiled file to build or to go stale.
`./dev texts` brings the catalogues up to date with the code.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


@cache
def load(locale: str, *packages: str) -> NullTranslations:
    """The catalogues of these packages; the first that knows a sentence translates it, else it stays English."""
    found = NullTranslations()
    for package in packages:
        found.add_fallback(_catalogue(locale, package))
    return found


def _catalogue(locale: str, package: str) -> NullTranslations:
    path = files(package) / "locales" / locale / "LC_MESSAGES" / f"{package}.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
