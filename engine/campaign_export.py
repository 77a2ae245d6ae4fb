"""A campaign written as the YAML file that reads back as itself: the same keys, texts and moments.

Keys are always written, since they tie what was sent to its step and block. What stands at its default is left out,
except for the threshold and the zone, without which nobody understands the schedules. A text of several lines is a
literal block; one that no literal block can hold is put in double quotes. No line is folded, so that a diff shows what
somebody changed and nothing else.
"""

import re
from collections.abc import Mapping
from difflib import unified_diff
from io import StringIO
from typing import Final

import yaml

from engine.core import schedule
from engine.core.campaign import DEFAULT_LATENESS_MS, Block, Snapshot, Step
from engine.core.content import Text

_UNFOLDED: Final = 2**31
_VISIBLE: Final = "\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe"
_LITERAL: Final = re.compile(f"[{_VISIBLE}][{_VISIBLE}\n]*(?<!\n\n)")
"""Without what YAML takes for another line break, and without the blank lines at the end that an editor drops."""


def write(snapshot: Snapshot) -> str:
    """Write the file of a campaign that `campaign.check` passes."""
    out = StringIO()
    dumper = _Dumper(out, allow_unicode=True, width=_UNFOLDED)
    dumper.open()
    dumper.serialize(_campaign(snapshot))
    dumper.close()
    return out.getvalue()


def diff(before: Snapshot, after: Snapshot, before_name: str, after_name: str) -> str:
    """What differs between two campaigns, as their files show it; empty when nothing does."""
    old, new = (write(snapshot).split("\n") for snapshot in (before, after))
    return "\n".join(unified_diff(old, new, before_name, after_name, lineterm=""))


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        """Lists stand one step to the right of their name."""
        super().increase_indent(flow, indentless=False)

    def analyze_scalar(self, scalar: str) -> yaml.emitter.ScalarAnalysis:
        """The library gives up a literal block at a space before a line's end, which one can hold."""
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = _LITERAL.fullmatch(scalar) is not None
        return analysis


def _campaign(snapshot: Snapshot) -> yaml.Node:
    fields = {
        "threshold": _text(schedule.write_duration(snapshot.threshold_ms)),
        "zone": _text(snapshot.zone),
    }
    if not snapshot.skip_paid:
        fields["skip_paid"] = _false()
    if snapshot.lateness_ms != DEFAULT_LATENESS_MS:
        fields["lateness"] = _text(schedule.write_duration(snapshot.lateness_ms))
    return _fields({**fields, "steps": _list([_step(step) for step in snapshot.steps])})


def _step(step: Step) -> yaml.Node:
    fields = {"key": _text(step.key), "schedule": _text(schedule.write(step.schedule))}
    blocks = _list([_block(block) for block in step.blocks])
    return _fields({**fields, **_switch(active=step.active), "blocks": blocks})


def _block(block: Block) -> yaml.Node:
    fields = {"key": _text(block.key), **_switch(active=block.active)}
    if block.delay_ms:
        fields["delay"] = _text(schedule.write_duration(block.delay_ms))
    if isinstance(block.content, Text):
        fields["text"] = _text(block.content.text)
    return _fields(fields)


def _switch(*, active: bool) -> dict[str, yaml.Node]:
    return {} if active else {"active": _false()}


def _fields(fields: Mapping[str, yaml.Node]) -> yaml.Node:
    pairs = [(_text(name), value) for name, value in fields.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)


def _list(items: list[yaml.Node]) -> yaml.Node:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", items, flow_style=False)


def _text(text: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    """None lets the library choose between plain and single quotes."""
    if not _LITERAL.fullmatch(text):
        return '"'
    return "|" if "\n" in text else None


def _false() -> yaml.Node:
    """A node of its own each time: a repeated one would be written as an alias."""
    return yaml.ScalarNode("tag:yaml.org,2002:bool", "false")
