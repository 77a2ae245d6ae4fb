"""Whether a template fits its place, however long people's names are.

Telegram counts the characters of a text or caption after parsing the HTML. A button's label and the words of a poll are
plain. A variable inside a tag, as in a link's address, would turn a stranger's name into markup: it is refused.
"""

from typing import Final

from engine.core.content import html, invisible, templates
from engine.core.errors import CampaignError, Phrase

MAX_TEXT: Final = 4096
MAX_CAPTION: Final = 1024
MAX_LABEL: Final = 64
"""Our own limit: Telegram names none, and no screen shows more."""

_TEXT: Final = Phrase("text")
_CAPTION: Final = Phrase("caption")


def check_text(template: str, noun: str = _TEXT) -> None:
    """Refuse a text that cannot be sent as it stands."""
    _check_html(template, noun)
    if invisible.is_blank(html.plain(templates.longest(template))):
        raise _empty(noun)
    _check_length(template, html.plain(templates.longest(template)), noun, MAX_TEXT)


def check_caption(template: str, noun: str = _CAPTION) -> None:
    """Refuse a caption that cannot be sent; an empty one is fine."""
    _check_html(template, noun)
    _check_length(template, html.plain(templates.longest(template)), noun, MAX_CAPTION)


def check_label(template: str) -> None:
    """Refuse a button's label. Its length is measured for somebody without a name: a longer one is cut."""
    nobody = templates.Person()
    _check_words(template, Phrase("label"))
    if (length := len(templates.render_words(template, nobody, bot="x" * templates.MAX_USERNAME))) > MAX_LABEL:
        raise CampaignError("The label has {length} characters: shorten it to {most}.", length=length, most=MAX_LABEL)


def check_words(template: str, noun: str, most: int) -> None:
    """Refuse the words of a poll."""
    _check_words(template, noun)
    _check_length(template, templates.longest(template), noun, most)


def label(template: str, person: templates.Person, bot: str) -> str:
    return templates.render_words(template, person, bot)[:MAX_LABEL].rstrip()


def _check_html(template: str, noun: str) -> None:
    html.check_characters(template, noun)
    templates.check(template, noun)
    html.check_size(templates.heaviest(template), noun)
    blanked = templates.blanked(template)
    html.check_outside(blanked, noun, templates.places(template), Phrase("a variable"), template)
    html.check(blanked, noun, template)


def _check_words(template: str, noun: str) -> None:
    html.check_characters(template, noun)
    templates.check(template, noun)
    if invisible.is_blank(templates.longest(template)):
        raise _empty(noun)


def _empty(noun: str) -> CampaignError:
    return CampaignError("The {noun} is empty: write what the user should read.", noun=noun)


def _check_length(template: str, longest: str, noun: str, most: int) -> None:
    """Telegram drops the blanks at the end before it counts."""
    if (length := len(longest.rstrip())) > most:
        can = Phrase("can have") if templates.places(template) else Phrase("has")
        raise CampaignError(
            "The {noun} {can} {length} characters: shorten it to {most}.",
            noun=noun,
            can=can,
            length=length,
            most=most,
        )
