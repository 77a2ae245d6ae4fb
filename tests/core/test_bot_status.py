"""How a bot and its campaign stand, in one sign: what is worst is shown."""

import pytest

from engine.core.bot_status import Sign, sign
from engine.core.campaign.lifecycle import State


@pytest.mark.parametrize(
    ("status", "state", "incidents", "everywhere", "expected"),
    [
        ("active", "live", 0, False, "live"),
        ("active", "finishing", 0, False, "live"),
        ("active", "paused", 0, False, "held"),
        ("paused", "live", 0, False, "held"),
        ("active", "live", 0, True, "held"),
        ("active", "live", 1, False, "attention"),
        ("suspended", "live", 0, True, "attention"),
        ("active", "draft", 0, False, "off"),
        ("active", None, 0, False, "off"),
    ],
)
def test_the_sign(status: str, state: State | None, incidents: int, *, everywhere: bool, expected: Sign) -> None:
    assert sign(status, state, incidents, stopped_everywhere=everywhere) == expected
