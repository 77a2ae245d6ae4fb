"""What a bot's lane may do, from where the bot and its campaign stand."""

from enum import StrEnum


class LaneState(StrEnum):
    OPEN = "open"
    """What is due is claimed; of a campaign in shadow too, whose blocks the gate withholds one by one."""
    SHUT = "shut"
    """No claim: timers stay."""
    DRAINING = "draining"
    """What is armed is claimed and ended."""
    FINISHING = "finishing"
    """New silences end, begun episodes go on."""


def lane_state(bot_status: str, campaign_state: str, *, published: bool, held: bool) -> LaneState:
    """`held`: by the emergency stop, or until those who waited through a pause are planned anew."""
    if held or bot_status in ("paused", "suspended"):
        return LaneState.SHUT
    if bot_status == "removed" or not published or campaign_state in ("draft", "stopped"):
        return LaneState.DRAINING
    if campaign_state == "paused":
        return LaneState.SHUT
    return LaneState.FINISHING if campaign_state == "finishing" else LaneState.OPEN
