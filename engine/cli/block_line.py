"""A block in a line, by which an admin knows it again: its kind, how it begins, its buttons, languages and effects."""

from collections.abc import Iterator
from typing import Final

from engine.core.campaign.snapshot import Block
from engine.core.content import model as contents
from engine.core.content import preview
from engine.core.content.model import After, Album, Content, Delete, Effects, Keep, Replace
from engine.core.schedule import step_schedule

_LONGEST: Final = 40


def outline(block: Block) -> str:
    return " · ".join([_said(block.content), *_around(block), *_effects(block.effects), *["off"] * (not block.active)])


def _said(content: Content) -> str:
    words = preview.beginning(content, _LONGEST)
    kind = f"album of {len(content.items)}" if isinstance(content, Album) else contents.kind(content)
    return f"{kind} “{words}”" if words else kind


def _around(block: Block) -> Iterator[str]:
    if block.delay_ms:
        yield f"after {step_schedule.write_duration(block.delay_ms)}"
    if count := sum(map(len, contents.buttons(block.content))):
        yield f"{count} button{'s' * (count != 1)}"
    if block.languages:
        yield f"also in {', '.join(block.languages)}"


def _effects(effects: Effects) -> Iterator[str]:
    if effects.delete_after_ms is not None:
        yield f"deleted after {step_schedule.write_duration(effects.delete_after_ms)}"
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
