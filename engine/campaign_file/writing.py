"""Writes a campaign as a YAML file that reads back the same: keys, contents and times.

Keys are always written, because they tie what was sent to its step and block. Defaults are left out, except for the
threshold and the zone, which a reader needs to understand the schedules. Media are written by their hash: an import
needs them in the library, not on disk.
"""

from difflib import unified_diff

from yaml import Node

from engine.campaign_file import nodes
from engine.campaign_file.writing_blocks import write_content, write_effects
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import DEFAULT_LATENESS_MS, Block, Snapshot, Step
from engine.core.schedule import sending_hours, step_schedule
from engine.core.schedule.sending_hours import Window


def write(snapshot: Snapshot) -> str:
    """Write a campaign that `checks.check` passes."""
    return nodes.serialize(_campaign(snapshot))


def diff(before: Snapshot, after: Snapshot, before_name: str, after_name: str) -> str:
    """The differences between two campaigns, as their files show them; empty if there are none."""
    old, new = (write(snapshot).split("\n") for snapshot in (before, after))
    return "\n".join(unified_diff(old, new, before_name, after_name, lineterm=""))


def _campaign(snapshot: Snapshot) -> Node:
    fields = {
        "threshold": nodes.text(step_schedule.write_duration(snapshot.threshold_ms)),
        "zone": nodes.text(snapshot.zone),
    }
    if not snapshot.skip_paid:
        fields["skip_paid"] = nodes.flag(value=False)
    if snapshot.lateness_ms != DEFAULT_LATENESS_MS:
        fields["lateness"] = nodes.text(step_schedule.write_duration(snapshot.lateness_ms))
    fields |= {**_window(snapshot.window), **_limits(snapshot.limits)}
    return nodes.fields({**fields, "steps": nodes.sequence(map(_step, snapshot.steps))})


def _window(hours: Window | None) -> dict[str, Node]:
    if hours is None:
        return {}
    outside = {} if hours.mode == "wait" else {"outside": nodes.text(hours.mode)}
    return {"window": nodes.text(sending_hours.write(hours)), **outside}


def _limits(limits: Limits) -> dict[str, Node]:
    counts = {"per_day": limits.per_day, "per_week": limits.per_week, "per_month": limits.per_month}
    fields = {name: nodes.number(count) for name, count in counts.items() if count}
    if limits.again_after_ms:
        fields["again_after"] = nodes.text(step_schedule.write_duration(limits.again_after_ms))
    return {"limits": nodes.fields(fields)} if fields else {}


def _step(step: Step) -> Node:
    fields = {"key": nodes.text(step.key), "schedule": nodes.text(step_schedule.write(step.schedule))}
    blocks = nodes.sequence(map(_block, step.blocks))
    return nodes.fields({**fields, **_switch(active=step.active), "blocks": blocks})


def _block(block: Block) -> Node:
    fields = {"key": nodes.text(block.key), **_switch(active=block.active)}
    if block.delay_ms:
        fields["delay"] = nodes.text(step_schedule.write_duration(block.delay_ms))
    fields |= {**write_content(block.content), **write_effects(block.effects)}
    variants = {code: nodes.fields(write_content(content)) for code, content in block.languages.items()}
    return nodes.fields({**fields, "languages": nodes.fields(variants)} if variants else fields)


def _switch(*, active: bool) -> dict[str, Node]:
    return {} if active else {"active": nodes.flag(value=False)}
