"""Nodes of a YAML file as people would write them.

A text of several lines is a literal block; a text that no literal block can hold is put in double quotes. Lines are
never folded, so that a diff shows what somebody changed and nothing else.
"""

import re
from collections.abc import Iterable, Mapping
from io import StringIO
from typing import Final

import yaml

_UNFOLDED: Final = 2**31
_VISIBLE: Final = "\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010fffe"
_LITERAL: Final = re.compile(f"[{_VISIBLE}][{_VISIBLE}\n]*(?<!\n\n)")
"""Excludes the characters that YAML also takes for line breaks, and blank lines at the end, which editors drop."""


def serialize(node: yaml.Node) -> str:
    out = StringIO()
    dumper = _Dumper(out, allow_unicode=True, width=_UNFOLDED)
    dumper.open()
    dumper.serialize(node)
    dumper.close()
    return out.getvalue()


def fields(fields: Mapping[str, yaml.Node], *, in_line: bool = False) -> yaml.Node:
    pairs = [(text(name), value) for name, value in fields.items()]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=in_line)


def sequence(items: Iterable[yaml.Node], *, in_line: bool = False) -> yaml.Node:
    return yaml.SequenceNode("tag:yaml.org,2002:seq", list(items), flow_style=in_line)


def text(text: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style=_style(text))


def number(number: int) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:int", str(number))


def flag(*, value: bool) -> yaml.Node:
    """A new node each time: a repeated one would be written as an alias."""
    return yaml.ScalarNode("tag:yaml.org,2002:bool", "true" if value else "false")


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the library's signature
        """Indent a list below its name."""
        super().increase_indent(flow, indentless=False)

    def analyze_scalar(self, scalar: str) -> yaml.emitter.ScalarAnalysis:
        """The library refuses a literal block with a space before a line's end, although one can hold it."""
        analysis = super().analyze_scalar(scalar)
        analysis.allow_block = _LITERAL.fullmatch(scalar) is not None
        return analysis


def _style(text: str) -> str | None:
    """None lets the library choose between plain and single quotes."""
    if not _LITERAL.fullmatch(text):
        return '"'
    return "|" if "\n" in text else None
