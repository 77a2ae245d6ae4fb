"""How a person must see a block: derived here from the campaign, without the engine's own code. Pure.

The sandbox's HTML parser, which follows Telegram's server, reads the texts.
"""

import html
import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias, assert_never

from msgspec.structs import replace

from bench.questions.message_kinds.shape import Label, Mark, PollShape, Shape
from bench.sandbox.formatting.html import parse_html
from engine.core.campaign.snapshot import Block
from engine.core.content.model import (
    Album,
    Button,
    Buttons,
    Content,
    CopyButton,
    Delete,
    Effects,
    Keep,
    Media,
    Poll,
    Replace,
    StartButton,
    StopButton,
    Text,
    Unbutton,
    UrlButton,
)

NAMELESS: Final = "\N{HANGUL FILLER}"
"""The first name of a person whose name is invisible."""
TRACKED: Final = "through the receiver"
STOP: Final = "recovery:stop"

Occasion: TypeAlias = Literal["returned", "paid"]

_VARIABLE: Final = re.compile(r"{(first_name|username|bot)(?:\|([^}]*))?}")
_PREVIEWS: Final = {
    "auto": None,
    "off": "is_disabled",
    "small": "prefer_small_media",
    "large": "prefer_large_media",
    "above": "show_above_text",
}


class Guest(NamedTuple):
    """A person in the chat with one bot. `tracks`: links go through the receiver."""

    first_name: str
    username: str
    language: str
    bot: str
    tracks: bool = False


def content_for(block: Block, language: str) -> Content:
    return block.languages.get(language, block.content)


def rule_for(effects: Effects, occasion: Occasion | None) -> Replace | Unbutton | Delete | None:
    """A person who pays in the chat has also returned: without a rule for payments, the rule for returns applies."""
    rules = {"returned": (effects.on_return,), "paid": (effects.on_payment, effects.on_return), None: ()}[occasion]
    return next((rule for rule in rules if not isinstance(rule, Keep)), None)


def uses_fallback(block: Block, guest: Guest) -> bool:
    return guest.first_name == NAMELESS and "{first_name" in repr(content_for(block, guest.language))


def composed(block: Block, guest: Guest, occasion: Occasion | None = None) -> tuple[Shape, ...]:
    """The messages of a block, and how they look after a return or a payment, unless they are deleted."""
    fill = _filler(guest)
    effects = block.effects
    first, *others = (
        shape._replace(silent=effects.silent, protected=effects.protect, effect=effects.message_effect)
        for shape in _shapes(content_for(block, guest.language), guest, fill)
    )
    match rule_for(effects, occasion):
        case Unbutton():
            first = first._replace(buttons=())
        case Replace(text=text):
            words, marks = _read(fill(text, html.escape))
            first = first._replace(words=words, marks=marks, preview=None, buttons=())
    return first, *others


def _shapes(content: Content, guest: Guest, fill: "_Fill") -> tuple[Shape, ...]:
    match content:
        case Text():
            words, marks = _read(fill(content.text, html.escape))
            buttons = _labels(content.buttons, guest, fill)
            return (Shape("text", words=words, marks=marks, preview=_PREVIEWS[content.preview], buttons=buttons),)
        case Media():
            return (_media(content, guest, fill),)
        case Album(items=items, above=above):
            media = (Media(item.kind, item.sha256, item.caption, above=above, spoiler=item.spoiler) for item in items)
            return tuple(_media(one, guest, fill) for one in media)
        case Poll():
            return (_poll(content, guest, fill),)
        case _:
            assert_never(content)


def _media(media: Media, guest: Guest, fill: "_Fill") -> Shape:
    words, marks = _read(fill(media.caption, html.escape))
    return Shape(
        media.kind,
        media.sha256,
        words,
        marks,
        above=media.above and bool(words),
        spoiler=media.spoiler,
        buttons=_labels(media.buttons, guest, fill),
    )


def _poll(poll: Poll, guest: Guest, fill: "_Fill") -> Shape:
    correct = () if poll.correct is None else (poll.correct,)
    question = PollShape(poll.options, poll.multiple, poll.anonymous, correct, fill(poll.explanation, str))
    labels = _labels(poll.buttons, guest, fill)
    return Shape("poll", words=fill(poll.question, str), buttons=labels, question=question)


_Fill: TypeAlias = Callable[[str, Callable[[str], str]], str]


def _filler(guest: Guest) -> _Fill:
    """Fills in names. The second argument of the result escapes a name for HTML, or leaves it as it is."""
    names = {"first_name": guest.first_name.replace(NAMELESS, ""), "username": guest.username, "bot": f"@{guest.bot}"}

    def fill(template: str, fit: Callable[[str], str]) -> str:
        return _VARIABLE.sub(lambda found: fit(names[found[1]]) or found[2], template)

    return fill


def _read(text: str) -> tuple[str, tuple[Mark, ...]]:
    formatted = parse_html(text)
    return formatted.text, tuple((span.kind, span.offset, span.length, span.argument) for span in formatted.spans)


def _labels(rows: Buttons, guest: Guest, fill: _Fill) -> tuple[tuple[Label, ...], ...]:
    return tuple(tuple(_label(replace(one, text=fill(one.text, str)), guest) for one in row) for row in rows)


def _label(button: Button, guest: Guest) -> Label:
    match button:
        case UrlButton(url=url, tracked=tracked):
            target = ("url", TRACKED if tracked and guest.tracks else url)
        case StartButton(payload=payload):
            target = ("url", f"https://t.me/{guest.bot}?start={payload}")
        case CopyButton(copy=copy):
            target = ("copy", copy)
        case StopButton():
            target = ("tap", STOP)
        case _:
            assert_never(button)
    return button.text, button.style, *target
