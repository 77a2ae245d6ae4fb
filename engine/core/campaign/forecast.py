"""When each step would be due for somebody who never answers."""

from datetime import time, timedelta

import msgspec

from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.schedule import sending_hours, step_schedule


class PlannedStep(msgspec.Struct, frozen=True):
    """A step, and when its first block is due for somebody who never answers.

    `outside`: that moment is outside the sending hours, in a campaign that then skips the step.
    """

    step: str
    due_ms: int
    outside: bool = False


def forecast(snapshot: Snapshot, silent_since_ms: int) -> tuple[PlannedStep, ...]:
    """Plan the steps of a silence that nobody breaks: each is anchored at the end of the previous one."""
    planned: list[PlannedStep] = []
    anchor = silent_since_ms + snapshot.threshold_ms
    for step in snapshot.steps:
        delays = _delays(step)
        if step.active and delays:
            due = _due(snapshot, step, anchor)
            outside = snapshot.window is not None and sending_hours.opens(snapshot.window, due, snapshot.zone) > due
            planned.append(PlannedStep(step.key, due, outside))
            anchor = due if outside else due + sum(delays[1:])
    return tuple(planned)


def around_midnight(snapshot: Snapshot, step: Step, now_ms: int) -> tuple[int, int]:
    """When a step is due if it counts from a minute before the coming midnight, and from a minute after it."""
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
