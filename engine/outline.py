"""A block in a line, by which an admin knows it again: its kind, how it begins, its buttons, languages and effects."""

from collections.abc import Iterator
from typing import Final

from engine.core import content as contents
from engine.core import schedule, templates
from engine.core.campaign import Block
from engine.core.content import After, Album, Content, Delete, Effects, Keep, Media, Poll, Replace, Text

_LONGEST: Final = 40


def outline(block: Block) -> str:
    return " · ".join([_said(block.content), *_around(block), *_effects(block.effects), *["off"] * (not block.active)])


def _said(content: Content) -> str:
    words = _beginning(_words(content))
    kind = f"album of {len(content.items)}" if isinstance(content, Album) else contents.kind(content)
    return f"{kind} “{words}”" if words else kind


def _words(content: Content) -> str:
    match content:
        case Text(text=text):
            return templates.plain(text)
        case Media(caption=caption):
            return templates.plain(caption)
        case Album(items=items):
            return templates.plain(next((item.caption for item in items if item.caption), ""))
        case Poll(question=question):
            return question


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1].rstrip()}…"


def _around(block: Block) -> Iterator[str]:
    if block.delay_ms:
        yield f"after {schedule.write_duration(block.delay_ms)}"
    if count := sum(map(len, contents.buttons(block.content))):
        yield f"{count} button{'s' * (count != 1)}"
    if block.languages:
        yield f"also in {', '.join(block.languages)}"


def _effects(effects: Effects) -> Iterator[str]:
    if effects.delete_after_ms is not None:
        yield f"deleted after {schedule.write_duration(effects.delete_after_ms)}"
    if effects.silent:
        yield "silent"
    if effects.protect:
        yield "protected"
    if effects.message_effect is not None:
        yield "with an effect"
    for moment, rule in (("return", effects.on_return), ("payment", effects.on_payment)):
        if rule != Keep():
            yield f"{_becomes(rule)} on {moment}"


def _becomes(rule: After) -> str:
    match rule:
        case Delete():
            return "deleted"
        case Replace():
            return "replaced"
        case _:
            return "without buttons"
