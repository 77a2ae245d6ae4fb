"""A campaign written as a YAML file, read into a draft.

    threshold: 10m              # silence after which the sequence begins; this is the default
    zone: America/Sao_Paulo     # needed: of whose mornings and evenings the schedules speak
    skip_paid: true             # default: customers who paid are left alone
    lateness: 6h                # default: later than this a block is skipped
    steps:
      - key: reminder           # optional: step-1, step-2 … by position
        schedule: 10m
        blocks:
          - Olá! Ainda por aí?  # a block may be just its text
          - text: <b>A oferta</b> termina hoje.
            delay: 5s           # waited before the block

Keys tie what was sent to its step and block. Derived ones follow the position, so write keys in a file whose
steps will be moved. Every error names file, line, field and mend. The file cannot construct any object.
"""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

import msgspec
import yaml

from engine.core import campaign, schedule, wording
from engine.core.campaign import Block, Snapshot, Step
from engine.core.content import Text
from engine.core.errors import CampaignError

MAX_BYTES: Final = 256 * 1024
MAX_DEPTH: Final = 16

_CAMPAIGN: Final = ("threshold", "zone", "skip_paid", "lateness", "steps")
_STEP: Final = ("key", "schedule", "active", "blocks")
_BLOCK: Final = ("key", "kind", "text", "delay", "active")
_KINDS: Final = ("text",)

_PLAIN_TAGS: Final = frozenset(f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "timestamp"))
_FLAGS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_T = TypeVar("_T")


class _Field(msgspec.Struct, frozen=True):
    """A node of the file with its place. `name` is the way to it, such as steps[0].blocks[1].text."""

    file: str
    name: str
    node: yaml.Node

    def error(self, sentence: str) -> CampaignError:
        where = f", {self.name}" if self.name else ""
        return CampaignError(f"{self.file}, line {self.node.start_mark.line + 1}{where}: {sentence}")

    def members(self, known: tuple[str, ...], needed: tuple[str, ...]) -> dict[str, "_Field"]:
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"write the fields {', '.join(known)} here, as name: value.")
        found: dict[str, _Field] = {}
        for key, value in self.node.value:
            name = _Field(self.file, self.name, key).member_name(known, found)
            found[name] = _Field(self.file, f"{self.name}.{name}".lstrip("."), value)
        for name in needed:
            if name not in found:
                raise self.error(f"the field {name} is missing: add it.")
        return found

    def member_name(self, known: tuple[str, ...], found: dict[str, "_Field"]) -> str:
        name = self.text()
        if name in found:
            raise self.error(f"the field {name} stands twice: delete one.")
        if name not in known:
            near = get_close_matches(name[: schedule.MAX_TEXT], known, n=1)
            mend = f"did you mean {near[0]}?" if near else f"use one of {', '.join(known)}."
            raise self.error(f"the field {name[: schedule.MAX_TEXT]!r} is not known: {mend}")
        return name

    def items(self) -> list["_Field"]:
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("write a list here, one `- ` a line.")
        return [_Field(self.file, f"{self.name}[{n}]", node) for n, node in enumerate(self.node.value)]

    def text(self) -> str:
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag not in _PLAIN_TAGS:
            raise self.error("write a plain text here, in quotes if it holds special characters.")
        return str(self.node.value)

    def flag(self) -> bool:
        value = _FLAGS.get(self.text().lower())
        if value is None:
            raise self.error("write true or false.")
        return value

    def read(self, reader: Callable[[str], _T]) -> _T:
        """Pass the text to a function of the core, and give its refusal a place."""
        text = self.text()
        try:
            return reader(text)
        except CampaignError as error:
            raise self.error(str(error)) from error


def load(path: Path, min_threshold_ms: int) -> Snapshot:
    """Read a file. Raises CampaignError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CampaignError(f"{path} cannot be read ({error.strerror}): give the path of a file.") from error
    return read(data, str(path), min_threshold_ms)


def read(data: bytes, name: str, min_threshold_ms: int) -> Snapshot:
    """Read a file's bytes into a campaign that `campaign.check` passes. Raises CampaignError."""
    snapshot = _campaign(_Field(name, "", _compose(_decoded(data, name), name)), min_threshold_ms)
    try:
        campaign.check(snapshot, min_threshold_ms)
    except CampaignError as error:
        raise CampaignError(f"{name}: {error}") from error
    return snapshot


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise CampaignError(f"{name} is larger than {MAX_BYTES // 1024} KiB: shorten it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CampaignError(f"{name}, line {line}: this is not UTF-8: save the file as UTF-8.") from error


def _compose(text: str, name: str) -> yaml.Node:
    try:
        _check_events(text, name)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CampaignError(f"{name}, line {line}: a character that YAML does not allow: delete it.") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join((error.problem or "it cannot be read").split())
        raise CampaignError(f"{name}, line {line}: not YAML ({problem}): mend it.") from error
    if node is None:
        raise CampaignError(f"{name} is empty: write a campaign with zone and steps.")
    return node


def _check_events(text: str, name: str) -> None:
    # Before anything is built: a reference could make a small file huge, and depth could exhaust the stack.
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            raise CampaignError(f"{name}, line {line}: anchors and aliases are not read: write it out.")
        if depth > MAX_DEPTH:
            raise CampaignError(f"{name}, line {line}: nested too deeply: a campaign has steps and blocks.")


def _campaign(root: _Field, min_threshold_ms: int) -> Snapshot:
    fields = root.members(_CAMPAIGN, needed=("zone", "steps"))
    given = {}
    if "threshold" in fields:
        given["threshold_ms"] = fields["threshold"].read(lambda text: _threshold(text, min_threshold_ms))
    if "lateness" in fields:
        given["lateness_ms"] = fields["lateness"].read(_lateness)
    return Snapshot(
        zone=fields["zone"].read(_zone),
        steps=_keyed(fields["steps"], "step", _step),
        skip_paid=fields["skip_paid"].flag() if "skip_paid" in fields else True,
        **given,
    )


_Keyed = TypeVar("_Keyed", Step, Block)


def _keyed(field: _Field, noun: str, build: Callable[[_Field, str], _Keyed]) -> tuple[_Keyed, ...]:
    built: dict[str, _Keyed] = {}
    for position, item in enumerate(field.items(), 1):
        made = build(item, f"{noun}-{position}")
        if made.key in built:
            raise item.error(f"the key {made.key} stands twice: give each {noun} its own.")
        built[made.key] = made
    return tuple(built.values())


def _step(field: _Field, key: str) -> Step:
    fields = field.members(_STEP, needed=("schedule", "blocks"))
    return Step(
        key=fields["key"].read(_key) if "key" in fields else key,
        schedule=fields["schedule"].read(schedule.parse),
        blocks=_keyed(fields["blocks"], "block", _block),
        active=fields["active"].flag() if "active" in fields else True,
    )


def _block(field: _Field, key: str) -> Block:
    if isinstance(field.node, yaml.ScalarNode):
        return Block(key=key, content=Text(field.read(_text)))
    fields = field.members(_BLOCK, needed=("text",))
    if "kind" in fields:
        fields["kind"].read(_kind)
    return Block(
        key=fields["key"].read(_key) if "key" in fields else key,
        content=Text(fields["text"].read(_text)),
        delay_ms=fields["delay"].read(_delay) if "delay" in fields else 0,
        active=fields["active"].flag() if "active" in fields else True,
    )


def _threshold(text: str, min_threshold_ms: int) -> int:
    threshold_ms = schedule.parse_duration(text)
    campaign.check_threshold(threshold_ms, min_threshold_ms)
    return threshold_ms


def _lateness(text: str) -> int:
    lateness_ms = schedule.parse_duration(text)
    campaign.check_lateness(lateness_ms)
    return lateness_ms


def _delay(text: str) -> int:
    delay_ms = schedule.parse_duration(text)
    campaign.check_delay(delay_ms)
    return delay_ms


def _zone(text: str) -> str:
    schedule.check_zone(text)
    return text


def _key(text: str) -> str:
    campaign.check_key(text)
    return text


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise CampaignError(f"The kind {text[: schedule.MAX_TEXT]!r} is not known: use one of {', '.join(_KINDS)}.")
    return text


def _text(text: str) -> str:
    wording.check_text(text)
    return text
