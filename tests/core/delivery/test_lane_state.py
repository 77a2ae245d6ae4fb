"""What a lane may do, for every state of a bot and of its campaign."""

import pytest

from engine.core.delivery.lane_state import LaneState, lane_state

OPEN, SHUT, DRAINING, FINISHING = LaneState.OPEN, LaneState.SHUT, LaneState.DRAINING, LaneState.FINISHING


@pytest.mark.parametrize(
    ("bot", "campaign", "state"),
    [
        ("active", "live", OPEN),
        ("active", "shadow", OPEN),
        ("active", "paused", SHUT),
        ("active", "finishing", FINISHING),
        ("active", "draft", DRAINING),
        ("active", "stopped", DRAINING),
        ("paused", "live", SHUT),
        ("paused", "shadow", SHUT),
        ("paused", "stopped", SHUT),
        ("suspended", "live", SHUT),
        ("suspended", "finishing", SHUT),
        ("removed", "live", DRAINING),
        ("removed", "paused", DRAINING),
    ],
)
def test_the_state_of_a_lane(bot: str, campaign: str, state: LaneState) -> None:
    assert lane_state(bot, campaign, published=True, held=False) is state


@pytest.mark.parametrize("campaign", ["draft", "shadow", "live", "paused", "finishing", "stopped"])
def test_the_emergency_stop_shuts_every_lane(campaign: str) -> None:
    assert lane_state("active", campaign, published=True, held=True) is SHUT


@pytest.mark.parametrize("campaign", ["draft", "shadow", "live", "paused", "finishing", "stopped"])
def test_without_a_published_version_what_is_armed_is_ended(campaign: str) -> None:
    assert lane_state("active", campaign, published=False, held=False) is DRAINING
