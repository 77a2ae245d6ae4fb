"""A campaign in plain data, as docs/campaign-file.md describes it: the admins of a run edit it, the oracle reads it,
and the engine imports it as a file.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class After(NamedTuple):
    """So long after the anchor."""

    delay_ms: int


class OnDay(NamedTuple):
    """A local time, in minutes of the day, this many days after the anchor's date."""

    days: int
    minutes: int


Schedule: TypeAlias = After | OnDay


class Block(NamedTuple):
    """A text; each edit of its words has a number of its own."""

    key: str
    edition: int
    delay_ms: int = 0
    active: bool = True


class Step(NamedTuple):
    key: str
    schedule: Schedule
    blocks: tuple[Block, ...]
    active: bool = True

    @property
    def sent(self) -> tuple[Block, ...]:
        """The blocks that somebody gets from whom nothing is kept back."""
        return tuple(block for block in self.blocks if block.active) if self.active else ()


class Hours(NamedTuple):
    """When a step may begin: minutes of the local day, `end` excluded; days in ISO numbers."""

    start: int
    end: int
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    outside: str = "wait"


class Limits(NamedTuple):
    """0 is no limit."""

    per_day: int = 0
    per_week: int = 0
    again_after_ms: int = 0
    per_month: int = 0


class Campaign(NamedTuple):
    zone: str
    threshold_ms: int
    steps: tuple[Step, ...]
    skip_paid: bool = True
    lateness_ms: int = 6 * HOUR_MS
    hours: Hours | None = None
    limits: Limits = Limits()

    def step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)


def text_of(step: str, block: Block) -> str:
    """Each message says which block it is, and in which edition: the record alone shows what was sent."""
    return f"{step}/{block.key}/{block.edition}"


def as_file(campaign: Campaign) -> bytes:
    """The campaign as the YAML file that an admin would import."""
    fields: dict[str, Any] = {
        "threshold": _duration(campaign.threshold_ms),
        "zone": campaign.zone,
        "skip_paid": campaign.skip_paid,
        "lateness": _duration(campaign.lateness_ms),
        "limits": _limits(campaign.limits),
        "steps": [_step(step) for step in campaign.steps],
    }
    if campaign.hours:
        fields |= {"window": hours_in_words(campaign.hours), "outside": campaign.hours.outside}
    text: str = yaml.safe_dump(fields)
    return text.encode()


def in_words(schedule: Schedule) -> str:
    if isinstance(schedule, After):
        return _duration(schedule.delay_ms) if schedule.delay_ms else "now"
    return f"+{schedule.days}d {_clock(schedule.minutes)}"


def hours_in_words(hours: Hours) -> str:
    return f"{_listed(hours.days)} {_clock(hours.start)}-{_clock(hours.end)}"


def _step(step: Step) -> dict[str, Any]:
    blocks = [_block(step.key, block) for block in step.blocks]
    return {"key": step.key, "schedule": in_words(step.schedule), "active": step.active, "blocks": blocks}


def _block(step: str, block: Block) -> dict[str, Any]:
    fields: dict[str, Any] = {"key": block.key, "text": text_of(step, block), "active": block.active}
    return fields | ({"delay": _duration(block.delay_ms)} if block.delay_ms else {})


def _limits(limits: Limits) -> dict[str, Any]:
    counts = {name: count for name, count in limits._asdict().items() if count and name != "again_after_ms"}
    return counts | ({"again_after": _duration(limits.again_after_ms)} if limits.again_after_ms else {})


def _duration(ms: int) -> str:
    return f"{ms // SECOND_MS}s"


def _clock(minutes: int) -> str:
    return "{:02}:{:02}".format(*divmod(minutes, 60))


def _listed(days: Sequence[int]) -> str:
    return ",".join(_DAYS[day - 1] for day in days)
