"""A published campaign, as the engine reads it: one immutable document per version.

`layout` is the number of this shape; a document of another layout is refused, never guessed at.
Times are in milliseconds. Keys never change: they tie a delivery to its step and block across versions.
`check` stands between a draft and its publication; what the engine reads has passed it.
"""

import re
from collections.abc import Callable, Iterator
from datetime import time, timedelta
from functools import partial
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from engine.core.campaign import frequency_caps
from engine.core.campaign.frequency_caps import Limits
from engine.core.content import checks
from engine.core.content import model as contents
from engine.core.content.model import Asset, Content, Effects, Text
from engine.core.errors import CampaignError, Phrase
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import Window
from engine.core.schedule.step_schedule import Schedule

LAYOUT: Final = 3
_WITHOUT_HOURS: Final = 2
"""The layout before windows and limits: a document without them has none."""
_TEXTS_ONLY: Final = 1
"""The layout of the first documents: a block was its text, in which a brace was a brace."""

DAY_MS: Final = 86_400_000
DEFAULT_THRESHOLD_MS: Final = 10 * 60_000
DEFAULT_LATENESS_MS: Final = 6 * 3_600_000
MAX_THRESHOLD_MS: Final = 30 * DAY_MS
MIN_LATENESS_MS: Final = 1_000
MAX_LATENESS_MS: Final = 30 * DAY_MS
MAX_BLOCK_DELAY_MS: Final = 3_600_000

_KEY: Final = re.compile("[a-z0-9-]{1,32}")

State: TypeAlias = Literal["draft", "shadow", "live", "paused", "finishing", "stopped"]
"""`shadow` decides and records what it would send, and sends nothing."""
Action: TypeAlias = Literal["activate", "shadow", "pause", "resume", "finish", "stop"]

_NEXT: Final[dict[tuple[State, Action], State]] = {
    ("draft", "activate"): "live",
    ("shadow", "activate"): "live",
    ("live", "activate"): "live",
    ("paused", "activate"): "live",
    ("finishing", "activate"): "live",
    ("stopped", "activate"): "live",
    ("draft", "shadow"): "shadow",
    ("shadow", "shadow"): "shadow",
    ("stopped", "shadow"): "shadow",
    ("live", "pause"): "paused",
    ("paused", "pause"): "paused",
    ("finishing", "pause"): "paused",
    ("live", "resume"): "live",
    ("paused", "resume"): "live",
    ("finishing", "resume"): "finishing",
    ("live", "finish"): "finishing",
    ("paused", "finish"): "finishing",
    ("finishing", "finish"): "finishing",
    ("shadow", "stop"): "stopped",
    ("live", "stop"): "stopped",
    ("paused", "stop"): "stopped",
    ("finishing", "stop"): "stopped",
    ("stopped", "stop"): "stopped",
}


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One message, or one album. `delay_ms` is waited before it, counted from the end of the block before.

    `languages` holds what people of other languages get instead, by language code in lower case: pt, pt-br, en.
    """

    key: str
    content: Content
    delay_ms: int = 0
    active: bool = True
    effects: Effects = Effects()
    languages: dict[str, Content] = {}


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Blocks that go out together, when the schedule says."""

    key: str
    schedule: Schedule
    blocks: tuple[Block, ...]
    active: bool = True


class Snapshot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was published: everything that the engine needs to know to serve a silence."""

    zone: str
    steps: tuple[Step, ...]
    threshold_ms: int = DEFAULT_THRESHOLD_MS
    skip_paid: bool = True
    lateness_ms: int = DEFAULT_LATENESS_MS
    window: Window | None = None
    limits: Limits = Limits()
    layout: int = LAYOUT


class Planned(msgspec.Struct, frozen=True):
    """A step and the moment at which its first block is due for somebody who never answers.

    `outside`: that is outside of the hours, in a campaign that then passes a step over.
    """

    step: str
    due_ms: int
    outside: bool = False


class Fault(NamedTuple):
    """What speaks against sending a campaign, and in which step and block, by their keys, if it is in one."""

    step: str | None
    block: str | None
    error: CampaignError

    def whole(self) -> CampaignError:
        """The refusal, with its place."""
        whole = self.error if self.block is None else self._in_block(self.block)
        whole.step, whole.block = self.step, self.block
        return whole

    def _in_block(self, block: str) -> CampaignError:
        return CampaignError(
            "Step {step}, block {block}: {error}", step=self.step, block=block[:64], error=self.error.phrase
        )


class Change(msgspec.Struct, frozen=True):
    """Who changes something, and when."""

    actor: str
    at: int


class _Head(msgspec.Struct):
    layout: int


class _TextBlock(msgspec.Struct):
    key: str
    text: str
    delay_ms: int = 0
    active: bool = True


class _TextStep(msgspec.Struct):
    key: str
    schedule: Schedule
    blocks: tuple[_TextBlock, ...]
    active: bool = True


class _TextSnapshot(msgspec.Struct):
    zone: str
    steps: tuple[_TextStep, ...]
    threshold_ms: int
    skip_paid: bool
    lateness_ms: int


def after(state: State, action: Action, paused_from: State | None = None) -> State:
    """Say what an admin's action makes of a campaign. An action that is already done changes nothing.

    A pause that is over leads back to what was paused.
    """
    if (state, action) not in _NEXT:
        mend = Phrase("stop it first") if "shadow" in (state, action) else Phrase("activate it first")
        raise CampaignError(
            "A campaign that is {state} cannot take {action}: {mend}.", state=state, action=action, mend=mend
        )
    if paused_from and (state, action) == ("paused", "resume"):
        return paused_from
    return _NEXT[state, action]


def activated_at(before: State, state: State, previous_ms: int | None, now_ms: int) -> int | None:
    """Say since when silences count: a new start counts from now, the end of a pause from the old start.

    A shadow is a start, and so is its end: nobody is sent anything for a silence that the shadow has watched.
    """
    starts = before in ("draft", "stopped") if state == "shadow" else before in ("draft", "stopped", "shadow")
    return now_ms if state in ("live", "shadow") and starts else previous_ms


def ends_episodes(before: State, state: State) -> bool:
    """Say whether what has begun ends with this change of state."""
    return state == "stopped" or (before, state) == ("shadow", "live")


def forecast(snapshot: Snapshot, silent_since_ms: int) -> tuple[Planned, ...]:
    """Plan the steps of a silence that nobody breaks: each is anchored at the end of the one before."""
    planned: list[Planned] = []
    anchor = silent_since_ms + snapshot.threshold_ms
    for step in snapshot.steps:
        delays = _delays(step)
        if step.active and delays:
            due = _due(snapshot, step, anchor)
            outside = snapshot.window is not None and sending_hours.opens(snapshot.window, due, snapshot.zone) > due
            planned.append(Planned(step.key, due, outside))
            anchor = due if outside else due + sum(delays[1:])
    return tuple(planned)


def around_midnight(snapshot: Snapshot, step: Step, now_ms: int) -> tuple[int, int]:
    """When a step is due that counts from a minute before the coming midnight, and from a minute after it."""
    today = step_schedule.local(now_ms, snapshot.zone).date()
    evening = step_schedule.moment_at(today, time(23, 59), snapshot.zone)
    night = step_schedule.moment_at(today + timedelta(days=1), time(0, 1), snapshot.zone)
    return _due(snapshot, step, evening), _due(snapshot, step, night)


def _due(snapshot: Snapshot, step: Step, anchor_ms: int) -> int:
    due = step_schedule.due(step.schedule, anchor_ms, snapshot.zone, anchor_ms) + sum(_delays(step)[:1])
    if snapshot.window is None or snapshot.window.mode == "drop":
        return due
    return sending_hours.opens(snapshot.window, due, snapshot.zone)


def _delays(step: Step) -> list[int]:
    return [block.delay_ms for block in step.blocks if block.active]


def check(snapshot: Snapshot, min_threshold_ms: int) -> None:
    """Refuse a campaign that cannot be sent as it stands; the sentence names the place and the mend."""
    for fault in faults(snapshot, min_threshold_ms):
        raise fault.whole()


def faults(snapshot: Snapshot, min_threshold_ms: int) -> Iterator[Fault]:
    """All that speaks against sending a campaign, one a place."""
    yield from _refused(lambda: step_schedule.check_zone(snapshot.zone))
    yield from _refused(lambda: check_threshold(snapshot.threshold_ms, min_threshold_ms))
    yield from _refused(lambda: check_lateness(snapshot.lateness_ms))
    yield from _refused(lambda: frequency_caps.check(snapshot.limits))
    yield from _refused(lambda: _check_window(snapshot.window))
    yield from _refused(lambda: _check_distinct("step", [step.key for step in snapshot.steps]))
    for step in snapshot.steps:
        yield from _refused(partial(_check_step, step), step.key)
        yield from _refused(partial(_check_fits, step, snapshot.window), step.key)
        for block in step.blocks:
            yield from _refused(partial(_check_block, block), step.key, block.key)
    yield from _refused(lambda: _check_something(snapshot))


def check_threshold(threshold_ms: int, least_ms: int) -> None:
    _check_between(Phrase("threshold"), threshold_ms, least_ms, MAX_THRESHOLD_MS)


def check_lateness(lateness_ms: int) -> None:
    _check_between(Phrase("lateness"), lateness_ms, MIN_LATENESS_MS, MAX_LATENESS_MS)


def check_delay(delay_ms: int) -> None:
    _check_between(Phrase("delay"), delay_ms, 0, MAX_BLOCK_DELAY_MS)


def check_key(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise CampaignError("The key {key!r} is not one: write 1 to 32 of a-z, 0-9 and -.", key=key[:64])


def encode(snapshot: Snapshot) -> str:
    """Write the document of a version."""
    return msgspec.json.encode(snapshot).decode()


def decode(document: str) -> Snapshot:
    """Read the document of a version; `check` has already passed it."""
    try:
        layout = msgspec.json.decode(document, type=_Head).layout
        if layout in (LAYOUT, _WITHOUT_HOURS):
            return replace(msgspec.json.decode(document, type=Snapshot), layout=LAYOUT)
        if layout == _TEXTS_ONLY:
            return _of_texts(msgspec.json.decode(document, type=_TextSnapshot))
    except msgspec.DecodeError as error:
        raise CampaignError(
            "The published document is damaged ({error}): publish the campaign anew.", error=error
        ) from error
    raise CampaignError(
        "The published document has layout {layout}, this engine reads {known}: run the newer engine.",
        layout=layout,
        known=LAYOUT,
    )


def encode_block(block: Block) -> str:
    """Write the document of one block of a draft."""
    return msgspec.json.encode(block).decode()


def decode_block(document: str) -> Block:
    return msgspec.json.decode(document, type=Block)


def choose(block: Block, language: str | None) -> Content:
    """What a person of that language gets."""
    return block.languages.get(variant_for(block, language), block.content)


def variant_for(block: Block, language: str | None) -> str:
    """Whose words a person of that language gets: their own (pt-br), their language's (pt), or the default ("")."""
    code = (language or "").lower()
    return next((key for key in (code, code.partition("-")[0]) if key in block.languages), "")


def variants(block: Block) -> tuple[Content, ...]:
    """All that a block can say."""
    return (block.content, *block.languages.values())


def assets(snapshot: Snapshot) -> tuple[Asset, ...]:
    """The files that a campaign needs, each once, also those of what is switched off."""
    return tuple(places(snapshot))


def places(snapshot: Snapshot) -> dict[Asset, tuple[str, str]]:
    """In which step and block each file is needed first."""
    found: dict[Asset, tuple[str, str]] = {}
    for step in snapshot.steps:
        for block in step.blocks:
            for asset in chain.from_iterable(map(contents.assets, variants(block))):
                found.setdefault(asset, (step.key, block.key))
    return found


def _of_texts(found: _TextSnapshot) -> Snapshot:
    return Snapshot(
        zone=found.zone,
        steps=tuple(
            Step(step.key, step.schedule, tuple(_of_text(block) for block in step.blocks), step.active)
            for step in found.steps
        ),
        threshold_ms=found.threshold_ms,
        skip_paid=found.skip_paid,
        lateness_ms=found.lateness_ms,
    )


def _of_text(found: _TextBlock) -> Block:
    text = found.text.replace("{", "{{").replace("}", "}}")
    return Block(found.key, Text(text), found.delay_ms, found.active)


def _refused(look: Callable[[], None], step: str | None = None, block: str | None = None) -> Iterator[Fault]:
    try:
        look()
    except CampaignError as error:
        yield Fault(step, block, error)


def _check_something(snapshot: Snapshot) -> None:
    if not any(step.active and block.active for step in snapshot.steps for block in step.blocks):
        raise CampaignError("The campaign has nothing to send: add an active step with an active block.")


def _check_window(hours: Window | None) -> None:
    if hours:
        sending_hours.check(hours)


def _check_fits(step: Step, hours: Window | None) -> None:
    """A step that takes longer than the window is open would be broken in two each time."""
    takes_ms = sum(block.delay_ms for block in step.blocks if block.active)
    if hours and takes_ms > hours.length_ms:
        raise CampaignError(
            "The step takes {time}, longer than the window is open: shorten the delays of its blocks, or widen the"
            " window.",
            time=step_schedule.write_duration(takes_ms),
        )


def _check_step(step: Step) -> None:
    check_key(step.key)
    if not step.blocks:
        raise CampaignError("Step {step} has no blocks: add one, or delete the step.", step=step.key)
    _check_distinct("block", [block.key for block in step.blocks])


def _check_block(block: Block) -> None:
    check_key(block.key)
    check_delay(block.delay_ms)
    checks.check_variants(block.content, block.languages)
    checks.check_effects(block.effects, variants(block))


def _check_distinct(noun: str, keys: list[str]) -> None:
    for position, key in enumerate(keys):
        if key in keys[:position]:
            raise CampaignError("The key {key!r} stands twice: give each {noun} its own.", key=key[:64], noun=noun)


def _check_between(what: str, ms: int, least: int, most: int) -> None:
    if not least <= ms <= most:
        given, shortest, longest = map(step_schedule.write_duration, (ms, least, most))
        raise CampaignError(
            "The {what} {given} is not allowed: write one from {least} to {most}.",
            what=what,
            given=given,
            least=shortest,
            most=longest,
        )
