"""What a block says and how it goes out, written as `engine.content_file` reads it: what is usual is left out."""

from typing import assert_never

from yaml import Node

from engine import yaml_nodes
from engine.content_file import HASHED, RULES
from engine.core import schedule
from engine.core.content import (
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


def write_content(content: Content) -> dict[str, Node]:
    """Write the fields of a content."""
    match content:
        case Text():
            preview = {} if content.preview == "auto" else {"preview": yaml_nodes.text(content.preview)}
            fields = {"text": yaml_nodes.text(content.text), **preview}
        case Media():
            fields = {**_file(content), **_switches(above=content.above, spoiler=content.spoiler)}
        case Album():
            items = (yaml_nodes.fields({**_file(item), **_switches(spoiler=item.spoiler)}) for item in content.items)
            fields = {"album": yaml_nodes.sequence(items), **_switches(above=content.above)}
        case Poll():
            fields = {"poll": _poll(content)}
        case _:
            assert_never(content)
    return {**fields, **_buttons(buttons(content))}


def write_effects(effects: Effects) -> dict[str, Node]:
    """Write the fields of a block's effects."""
    fields: dict[str, Node] = {}
    if effects.delete_after_ms is not None:
        fields["delete_after"] = yaml_nodes.text(schedule.write_duration(effects.delete_after_ms))
    fields |= _switches(silent=effects.silent, protect=effects.protect)
    if effects.message_effect is not None:
        fields["message_effect"] = yaml_nodes.text(effects.message_effect)
    rules = {"returned": effects.on_return, "paid": effects.on_payment}
    after = {moment: _rule(rule) for moment, rule in rules.items() if rule != Keep()}
    return {**fields, "after": yaml_nodes.fields(after)} if after else fields


def _file(file: Media | Item) -> dict[str, Node]:
    caption = {"caption": yaml_nodes.text(file.caption)} if file.caption else {}
    return {file.kind: yaml_nodes.text(f"{HASHED}{file.sha256}"), **caption}


def _switches(**switches: bool) -> dict[str, Node]:
    return {name: yaml_nodes.flag(value=True) for name, value in switches.items() if value}


def _poll(poll: Poll) -> Node:
    fields = {
        "question": yaml_nodes.text(poll.question),
        "options": yaml_nodes.sequence(map(yaml_nodes.text, poll.options)),
        **_switches(multiple=poll.multiple),
    }
    if not poll.anonymous:
        fields["anonymous"] = yaml_nodes.flag(value=False)
    if poll.correct is not None:
        fields["correct"] = yaml_nodes.number(poll.correct + 1)
    if poll.explanation:
        fields["explanation"] = yaml_nodes.text(poll.explanation)
    return yaml_nodes.fields(fields)


def _buttons(rows: Buttons) -> dict[str, Node]:
    """Write a row of buttons in a line: so they stand under the message."""
    written = (yaml_nodes.sequence(map(_button, row), in_line=True) for row in rows)
    return {"buttons": yaml_nodes.sequence(written)} if rows else {}


def _button(button: Button) -> Node:
    style = {} if button.style is None else {"style": yaml_nodes.text(button.style)}
    return yaml_nodes.fields({"text": yaml_nodes.text(button.text), **_target(button), **style}, in_line=True)


def _target(button: Button) -> dict[str, Node]:
    match button:
        case UrlButton():
            tracked = {} if button.tracked else {"tracked": yaml_nodes.flag(value=False)}
            return {"url": yaml_nodes.text(button.url), **tracked}
        case StartButton():
            return {"start": yaml_nodes.text(button.payload)}
        case CopyButton():
            return {"copy": yaml_nodes.text(button.copy)}
        case StopButton():
            return {"stop": yaml_nodes.flag(value=True)}
        case _:
            assert_never(button)


def _rule(rule: After) -> Node:
    if isinstance(rule, Replace):
        return yaml_nodes.fields({"replace": yaml_nodes.text(rule.text)})
    return yaml_nodes.text(next(name for name, known in RULES.items() if known == rule))
