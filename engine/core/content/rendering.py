"""A content as one person gets it: every template filled in and every address final.

It never refuses what `checks` has passed.
"""

from collections.abc import Callable
from typing import TypeAlias, assert_never

from msgspec.structs import replace

from engine.core.content import templates, text_checks
from engine.core.content.model import (
    Album,
    Button,
    Buttons,
    Content,
    CopyButton,
    Media,
    Poll,
    Text,
    UrlButton,
    is_tracked,
)
from engine.core.content.templates import Person

Link: TypeAlias = Callable[[int, int, UrlButton], str]
"""Makes the address of a tracked button; row and column count from 0."""


def render(content: Content, person: Person, bot: str, link: Link) -> Content:
    """Render a content for one person. `bot` is the username of the sending bot."""

    def html(template: str) -> str:
        return templates.render(template, person, bot)

    def words(template: str) -> str:
        return templates.render_words(template, person, bot)

    match content:
        case Text(text=text, buttons=rows):
            return replace(content, text=html(text), buttons=_buttons(rows, person, bot, link))
        case Media(caption=caption, buttons=rows):
            return replace(content, caption=html(caption), buttons=_buttons(rows, person, bot, link))
        case Album(items=items):
            return replace(content, items=tuple(replace(item, caption=html(item.caption)) for item in items))
        case Poll(buttons=rows):
            return replace(
                content,
                question=words(content.question),
                options=tuple(map(words, content.options)),
                explanation=words(content.explanation),
                buttons=_buttons(rows, person, bot, link),
            )
        case _:
            assert_never(content)


def _buttons(rows: Buttons, person: Person, bot: str, link: Link) -> Buttons:
    def rendered(row: int, column: int, button: Button) -> Button:
        text = text_checks.label(button.text, person, bot)
        if isinstance(button, UrlButton) and is_tracked(button):
            return replace(button, text=text, url=link(row, column, button))
        if isinstance(button, CopyButton):
            return replace(button, text=text, copy=templates.render_words(button.copy, person, bot))
        return replace(button, text=text)

    return tuple(
        tuple(rendered(row, column, button) for column, button in enumerate(buttons))
        for row, buttons in enumerate(rows)
    )
