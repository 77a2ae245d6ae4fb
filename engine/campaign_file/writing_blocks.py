"""Writes what a block says and how it is sent, as `reading_blocks` reads it; defaults are left out."""

from typing import assert_never

from yaml import Node

from engine.campaign_file import nodes
from engine.campaign_file.reading_blocks import HASHED, RULES
from engine.core.content.model import (
    After,
    Album,
    Button,
    Buttons,
    Content,
    CopyButton,
    Effects,
    Item,
    Keep,
    Media,
    Poll,
    Replace,
    StartButton,
    StopButton,
    Text,
    UrlButton,
    buttons,
)
from engine.core.schedule import step_schedule


def write_content(content: Content) -> dict[str, Node]:
    """Write the fields of a content."""
    match content:
        case Text():
            preview = {} if content.preview == "auto" else {"preview": nodes.text(content.preview)}
            fields = {"text": nodes.text(content.text), **preview}
        case Media():
            fields = {**_file(content), **_switches(above=content.above, spoiler=content.spoiler)}
        case Album():
            items = (nodes.fields({**_file(item), **_switches(spoiler=item.spoiler)}) for item in content.items)
            fields = {"album": nodes.sequence(items), **_switches(above=content.above)}
        case Poll():
            fields = {"poll": _poll(content)}
        case _:
            assert_never(content)
    return {**fields, **_buttons(buttons(content))}


def write_effects(effects: Effects) -> dict[str, Node]:
    """Write the fields of a block's effects."""
    fields: dict[str, Node] = {}
    if effects.delete_after_ms is not None:
        fields["delete_after"] = nodes.text(step_schedule.write_duration(effects.delete_after_ms))
    fields |= _switches(silent=effects.silent, protect=effects.protect)
    if effects.message_effect is not None:
        fields["message_effect"] = nodes.text(effects.message_effect)
    rules = {"returned": effects.on_return, "paid": effects.on_payment}
    after = {moment: _rule(rule) for moment, rule in rules.items() if rule != Keep()}
    return {**fields, "after": nodes.fields(after)} if after else fields


def _file(file: Media | Item) -> dict[str, Node]:
    caption = {"caption": nodes.text(file.caption)} if file.caption else {}
    return {file.kind: nodes.text(f"{HASHED}{file.sha256}"), **caption}


def _switches(**switches: bool) -> dict[str, Node]:
    return {name: nodes.flag(value=True) for name, value in switches.items() if value}


def _poll(poll: Poll) -> Node:
    fields = {
        "question": nodes.text(poll.question),
        "options": nodes.sequence(map(nodes.text, poll.options)),
        **_switches(multiple=poll.multiple),
    }
    if not poll.anonymous:
        fields["anonymous"] = nodes.flag(value=False)
    if poll.correct is not None:
        fields["correct"] = nodes.number(poll.correct + 1)
    if poll.explanation:
        fields["explanation"] = nodes.text(poll.explanation)
    return nodes.fields(fields)


def _buttons(rows: Buttons) -> dict[str, Node]:
    """Write each row of buttons on one line, as it stands under the message."""
    written = (nodes.sequence(map(_button, row), in_line=True) for row in rows)
    return {"buttons": nodes.sequence(written)} if rows else {}


def _button(button: Button) -> Node:
    style = {} if button.style is None else {"style": nodes.text(button.style)}
    return nodes.fields({"text": nodes.text(button.text), **_target(button), **style}, in_line=True)


def _target(button: Button) -> dict[str, Node]:
    match button:
        case UrlButton():
            tracked = {} if button.tracked else {"tracked": nodes.flag(value=False)}
            return {"url": nodes.text(button.url), **tracked}
        case StartButton():
            return {"start": nodes.text(button.payload)}
        case CopyButton():
            return {"copy": nodes.text(button.copy)}
        case StopButton():
            return {"stop": nodes.flag(value=True)}
        case _:
            assert_never(button)


def _rule(rule: After) -> Node:
    if isinstance(rule, Replace):
        return nodes.fields({"replace": nodes.text(rule.text)})
    return nodes.text(next(name for name, known in RULES.items() if known == rule))
