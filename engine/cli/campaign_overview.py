"""A campaign as `campaigns show` prints it: for people with local times, for programs with milliseconds."""

from typing import Any, Final

from engine.administration.campaign_views import Overview
from engine.cli.block_line import outline
from engine.core.campaign.forecast import PlannedStep
from engine.core.campaign.snapshot import Snapshot, Step
from engine.core.schedule import sending_hours, step_schedule

_MOMENT: Final = "%a %Y-%m-%d %H:%M:%S %Z"


def data(seen: Overview, at_ms: int) -> dict[str, Any]:
    shown, plan = seen.shown, {planned.step: planned for planned in seen.plan}
    return {
        "state": seen.state,
        "emergency_stop": seen.stopped_everywhere,
        "published_version": seen.published_version,
        "draft_revision": seen.draft_revision,
        "draft_is_published": seen.draft_is_published,
        "threshold_ms": shown.threshold_ms,
        "lateness_ms": shown.lateness_ms,
        "zone": shown.zone,
        "window": sending_hours.write(shown.window) if shown.window else None,
        "skip_paid": shown.skip_paid,
        "silent_since_ms": at_ms,
        "steps": [_step_as_data(step, plan.get(step.key)) for step in shown.steps],
    }


def lines(bot: str, seen: Overview, at_ms: int) -> list[str]:
    shown = seen.shown
    version = f"version {seen.published_version}" if seen.published_version else "nothing published"
    due = {planned.step: _when(planned, shown.zone) for planned in seen.plan}
    return [
        f"{bot}: {seen.state}, {version}, draft revision {seen.draft_revision}",
        _settings(shown),
        *_notes(seen),
        f"somebody who falls silent now ({moment(at_ms, shown.zone)}) gets:",
        *(line for step in shown.steps for line in _step(step, due.get(step.key, "off"))),
    ]


def moment(at_ms: int, zone: str) -> str:
    return step_schedule.local(at_ms, zone).strftime(_MOMENT)


def _step_as_data(step: Step, planned: PlannedStep | None) -> dict[str, Any]:
    return {
        "key": step.key,
        "schedule": step_schedule.write(step.schedule),
        "active": step.active,
        "due_ms": planned.due_ms if planned else None,
        "skipped": planned is not None and planned.outside,
        "blocks": [{"key": block.key, "active": block.active, "outline": outline(block)} for block in step.blocks],
    }


def _settings(shown: Snapshot) -> str:
    paid = "left alone" if shown.skip_paid else "written to as well"
    threshold, lateness = (step_schedule.write_duration(ms) for ms in (shown.threshold_ms, shown.lateness_ms))
    hours = f", sends {sending_hours.write(shown.window)}" if shown.window else ""
    return f"threshold {threshold}, lateness {lateness}, zone {shown.zone}{hours}, customers who paid are {paid}"


def _notes(seen: Overview) -> list[str]:
    notes = []
    if seen.stopped_everywhere:
        notes.append("the emergency stop is engaged: nothing is sent until `resume --all`")
    if seen.state == "shadow":
        notes.append("in shadow: what it would send is recorded, and nothing is sent until `activate`")
    if seen.published_version is None:
        notes.append("this is the draft: publish it to send it")
    elif not seen.draft_is_published:
        notes.append("the draft differs from what is published: publish it to send it")
    return notes


def _step(step: Step, due: str) -> list[str]:
    head = f"  {step.key:<32} {step_schedule.write(step.schedule):<16} {due}"
    return [head, *(f"    {block.key:<30} {outline(block)}" for block in step.blocks)]


def _when(planned: PlannedStep, zone: str) -> str:
    return f"{moment(planned.due_ms, zone)}{', skipped: outside of the window' * planned.outside}"
