"""Reads a YAML file into a campaign's draft.

    threshold: 10m              # silence after which the sequence begins; this is the default
    zone: America/Sao_Paulo     # required: the zone of all local times in the schedules
    skip_paid: true             # default: customers who paid get nothing
    lateness: 6h                # default: a block that is later than this is skipped
    window: mon-fri 09:00-21:00 # default: always; outside it a step waits, or is skipped with `outside: drop`
    limits: {per_day: 3}        # default: none
    steps:
      - key: reminder           # optional: step-1, step-2 … by position
        schedule: 10m
        blocks:
          - Olá! Ainda por aí?  # a block may be just its text
          - photo: banner.jpg   # a file beside this one
            caption: <b>A oferta</b> termina hoje.
            delay: 5s           # a wait before the block

Keys tie what was sent to its step and block. Default keys follow the position, so write keys in a file whose steps
will move. Every refusal names the file, line, field and fix. `docs/campaign-file.md` describes the whole format.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar, get_args

from engine.campaign_file import reading_blocks
from engine.campaign_file.fields import MAX_BYTES, Field, parse
from engine.campaign_file.reading_blocks import AssetOf
from engine.core.campaign import checks, frequency_caps
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Block, Snapshot, Step, variants
from engine.core.content.checks import check_effects
from engine.core.content.model import MediaKind
from engine.core.errors import CampaignError
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import Mode, Window

FileOf: TypeAlias = Callable[[MediaKind, Path], str]
"""Returns the hash of an existing file beside the campaign's own. Raises CampaignError."""

_CAMPAIGN: Final = ("threshold", "zone", "skip_paid", "lateness", "window", "outside", "limits", "steps")
_LIMITS: Final = ("per_day", "per_week", "again_after", "per_month")
_STEP: Final = ("key", "schedule", "active", "blocks")
_BLOCK: Final = ("key", *reading_blocks.CONTENT, "delay", "active", *reading_blocks.EFFECTS, "languages")


def load(path: Path, min_threshold_ms: int, file_of: FileOf | None = None) -> Snapshot:
    """Read a file. Without `file_of` it must not name other files. Raises CampaignError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CampaignError(
            "{path} cannot be read ({why}): give the path of a file.", path=path, why=error.strerror
        ) from error
    if file_of is None:
        return read(data, str(path), min_threshold_ms)
    return read(data, str(path), min_threshold_ms, _beside(path.parent, file_of))


def no_files(_: MediaKind, path: str) -> str:
    raise CampaignError("No file can be named here: write sha256: and the hash in place of {path!r}.", path=path[:64])


def read(data: bytes, name: str, min_threshold_ms: int, asset_of: AssetOf = no_files) -> Snapshot:
    """Read a file's bytes into a campaign that `checks.check` passes. Raises CampaignError."""
    snapshot = _campaign(parse(data, name), min_threshold_ms, asset_of)
    try:
        checks.check(snapshot, min_threshold_ms)
    except CampaignError as error:
        raise CampaignError("{name}: {error}", name=name, error=error.phrase) from error
    return snapshot


def _beside(directory: Path, file_of: FileOf) -> AssetOf:
    """Look files up relative to a directory; no link may lead out of it, and no second name (a hard link) either."""

    def asset_of(kind: MediaKind, text: str) -> str:
        path = directory / text
        try:
            if not path.is_file():
                raise CampaignError(
                    "{path} is not there, or not a file: put it beside the campaign's file, or correct its name.",
                    path=path,
                )
            if not path.resolve().is_relative_to(directory.resolve()):
                raise CampaignError(
                    "{path} leads to another folder: put the file itself beside the campaign's file.", path=path
                )
            if path.stat().st_nlink > 1:
                raise CampaignError(
                    "{path} has a second name, which may be in another folder: put a copy of its own beside the"
                    " campaign's file.",
                    path=path,
                )
        except OSError as error:
            raise CampaignError(
                "{path} cannot be read ({why}): correct its name or its permissions.", path=path, why=error.strerror
            ) from error
        return file_of(kind, path)

    return asset_of


def _campaign(root: Field, min_threshold_ms: int, asset_of: AssetOf) -> Snapshot:
    fields = root.members(_CAMPAIGN, needed=("zone", "steps"))
    given: dict[str, Any] = {}
    if "threshold" in fields:
        given["threshold_ms"] = fields["threshold"].read(lambda text: _threshold(text, min_threshold_ms))
    if "lateness" in fields:
        given["lateness_ms"] = fields["lateness"].read(_lateness)
    if "limits" in fields:
        given["limits"] = _limits(fields["limits"])
    return Snapshot(
        window=_window(fields),
        zone=fields["zone"].passed(step_schedule.check_zone),
        steps=_keyed(fields["steps"], "step", lambda field, key: _step(field, key, asset_of)),
        skip_paid=fields["skip_paid"].flag() if "skip_paid" in fields else True,
        **given,
    )


_Keyed = TypeVar("_Keyed", Step, Block)


def _keyed(field: Field, noun: str, build: Callable[[Field, str], _Keyed]) -> tuple[_Keyed, ...]:
    built: dict[str, _Keyed] = {}
    for position, item in enumerate(field.items(), 1):
        made = build(item, f"{noun}-{position}")
        if made.key in built:
            raise item.error(f"the key {made.key} appears twice: give each {noun} its own.")
        built[made.key] = made
    return tuple(built.values())


def _step(field: Field, key: str, asset_of: AssetOf) -> Step:
    fields = field.members(_STEP, needed=("schedule", "blocks"))
    return Step(
        key=fields["key"].passed(checks.check_key) if "key" in fields else key,
        schedule=fields["schedule"].read(step_schedule.parse),
        blocks=_keyed(fields["blocks"], "block", lambda field, key: _block(field, key, asset_of)),
        active=fields["active"].flag() if "active" in fields else True,
    )


def _block(field: Field, key: str, asset_of: AssetOf) -> Block:
    if field.is_plain:
        return Block(key, reading_blocks.read_content(field, asset_of))
    fields = field.members(_BLOCK)
    block = Block(
        key=fields["key"].passed(checks.check_key) if "key" in fields else key,
        content=reading_blocks.content_of(field, fields, asset_of),
        delay_ms=fields["delay"].read(_delay) if "delay" in fields else 0,
        active=fields["active"].flag() if "active" in fields else True,
        effects=reading_blocks.read_effects(fields),
        languages=reading_blocks.read_variants(fields["languages"], asset_of) if "languages" in fields else {},
    )
    with field.placing():
        check_effects(block.effects, variants(block))
    return block


def _threshold(text: str, min_threshold_ms: int) -> int:
    threshold_ms = step_schedule.parse_duration(text)
    checks.check_threshold(threshold_ms, min_threshold_ms)
    return threshold_ms


def _window(fields: Mapping[str, Field]) -> Window | None:
    outside = fields["outside"].choice(get_args(Mode)) if "outside" in fields else "wait"
    if "window" not in fields:
        return None
    mode = next(one for one in get_args(Mode) if one == outside)
    return fields["window"].read(lambda text: sending_hours.parse(text, mode))


def _limits(field: Field) -> Limits:
    fields = field.members(_LIMITS)
    counts = {name: fields[name].number() for name in ("per_day", "per_week", "per_month") if name in fields}
    again_ms = fields["again_after"].read(step_schedule.parse_duration) if "again_after" in fields else 0
    given = Limits(**counts, again_after_ms=again_ms)
    with field.placing():
        frequency_caps.check(given)
    return given


def _lateness(text: str) -> int:
    lateness_ms = step_schedule.parse_duration(text)
    checks.check_lateness(lateness_ms)
    return lateness_ms


def _delay(text: str) -> int:
    delay_ms = step_schedule.parse_duration(text)
    checks.check_delay(delay_ms)
    return delay_ms
