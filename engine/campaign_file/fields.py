"""A YAML file as fields with their places: every refusal names the file, line, field and fix.

Only plain values, lists and fields are read; a file cannot construct objects. Every value is read as it is written, so
that a text may be 7 or yes. Depth and size are limited before anything is built.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Final, TypeVar

import msgspec
import yaml

from engine.core.errors import CampaignError
from engine.core.schedule import step_schedule

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 16
_DIGITS: Final = 9

_PLAIN_TAGS: Final = frozenset(f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "timestamp"))
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_SURROGATE_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
"""How JSON escapes an emoji, which the YAML library reads as two characters."""

_T = TypeVar("_T")


class Field(msgspec.Struct, frozen=True):
    """A node of the file with its place. `name` is its path, such as steps[0].blocks[1].text."""

    file: str
    name: str
    node: yaml.Node

    @property
    def is_plain(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    def error(self, sentence: str) -> CampaignError:
        return CampaignError(
            "{file}, line {line}{where}: {sentence}",
            file=self.file,
            line=self.node.start_mark.line + 1,
            where=f", {self.name}" if self.name else "",
            sentence=sentence,
        )

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Add the file, line and field to a refusal that the core raises."""
        try:
            yield
        except CampaignError as error:
            raise self.error(error.phrase) from error

    def members(self, known: Sequence[str], needed: Sequence[str] = ()) -> dict[str, "Field"]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"write the fields {', '.join(known)} here, as name: value.")
        found: dict[str, Field] = {}
        for key, value in self.entries():
            name = key.name_among(known)
            if name in found:
                raise key.error(f"the field {name} appears twice: delete one.")
            found[name] = Field(self.file, f"{self.name}.{name}".lstrip("."), value.node)
        for name in needed:
            if name not in found:
                raise self.error(f"the field {name} is missing: add it.")
        return found

    def entries(self) -> list[tuple["Field", "Field"]]:
        """Names and values, where any name is allowed."""
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error("write name: value here.")
        return [
            (Field(self.file, self.name, key), Field(self.file, self.name, value)) for key, value in self.node.value
        ]

    def name_among(self, known: Sequence[str]) -> str:
        name = self.text()
        if name not in known:
            near = get_close_matches(name[: step_schedule.MAX_TEXT], known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
            raise self.error(f"the field {name[: step_schedule.MAX_TEXT]!r} is not known: {mend}")
        return name

    def items(self) -> list["Field"]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("write a list here, one `- ` per line.")
        return [Field(self.file, f"{self.name}[{n}]", node) for n, node in enumerate(self.node.value)]

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag not in _PLAIN_TAGS:
            raise self.error("write a plain text here, in quotes if it holds special characters.")
        return _SURROGATE_PAIR.sub(_joined, str(self.node.value))

    def flag(self) -> bool:
        value = _FLAGS.get(self.text().lower())
        if value is None:
            raise self.error("write true or false.")
        return value

    def number(self) -> int:
        text = self.text()
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise self.error("write a number.")
        return int(text)

    def choice(self, names: Sequence[str]) -> str:
        text = self.text()
        if text not in names:
            raise self.error(f"write one of {', '.join(names)}.")
        return text

    def read(self, reader: Callable[[str], _T]) -> _T:
        """The text as a function of the core reads it."""
        text = self.text()
        with self.placing():
            return reader(text)

    def passed(self, check: Callable[[str], None]) -> str:
        """The text, once a check of the core has accepted it."""
        self.read(check)
        return self.text()


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def parse(data: bytes, name: str) -> Field:
    """Read a file's bytes into its outermost field. Raises CampaignError."""
    return Field(name, "", _compose(_decoded(data, name), name))


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise CampaignError("{name} is larger than {most} KiB: shorten it.", name=name, most=MAX_BYTES // 1024)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unread(name, line, "this is not UTF-8: save the file as UTF-8.") from error


def _compose(text: str, name: str) -> yaml.Node:
    try:
        _check_events(text, name)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _unread(name, line, "a character that YAML does not allow: delete it.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join((error.problem or "it cannot be read").split())
        raise _unread(name, line, f"not valid YAML ({problem}): correct it.") from error
    if node is None:
        raise CampaignError("{name} is empty: write a campaign with zone and steps.", name=name)
    return node


def _check_events(text: str, name: str) -> None:
    # Before anything is built: an alias could make a small file huge, and depth could exhaust the stack.
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise _unread(name, line, "anchors and aliases are not allowed: write the value out.")
        if depth > MAX_DEPTH:
            raise _unread(name, line, "nested too deeply: a campaign has only steps and blocks.")


def _unread(name: str, line: int, sentence: str) -> CampaignError:
    return CampaignError("{name}, line {line}: {sentence}", name=name, line=line, sentence=sentence)
