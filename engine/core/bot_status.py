"""In one sign, how a bot and its campaign stand. Pure."""

from typing import Literal, TypeAlias

from engine.core.campaign.lifecycle import State

Sign: TypeAlias = Literal["live", "held", "attention", "off"]


def sign(status: str, state: State | None, incidents: int, *, stopped_everywhere: bool) -> Sign:
    """`status` is the bot's, `state` its campaign's, if it has one; `incidents` are those that are open."""
    if status == "suspended" or incidents:
        return "attention"
    if status == "paused" or state == "paused" or stopped_everywhere:
        return "held"
    return "live" if state in ("live", "finishing") else "off"
