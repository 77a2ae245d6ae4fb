"""What a bot's lane may do, given the states of the bot and its campaign."""

from enum import StrEnum


class LaneState(StrEnum):
    OPEN = "open"
    """Timers that are due are claimed, also for a campaign in shadow: the gate then withholds each block."""
    SHUT = "shut"
    """No claims: timers stay."""
    DRAINING = "draining"
    """Every armed timer is claimed and ended."""
    FINISHING = "finishing"
    """New silences end, open episodes continue."""


def lane_state(bot_status: str, campaign_state: str, *, published: bool, held: bool) -> LaneState:
    """`held`: by the emergency stop, or until the people who waited through a pause have been planned again."""
    if held or bot_status in ("paused", "suspended"):
        return LaneState.SHUT
    if bot_status == "removed" or not published or campaign_state in ("draft", "stopped"):
        return LaneState.DRAINING
    if campaign_state == "paused":
        return LaneState.SHUT
    return LaneState.FINISHING if campaign_state == "finishing" else LaneState.OPEN
