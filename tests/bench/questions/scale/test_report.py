"""The figures of scale, from turns made by hand."""

from collections.abc import Mapping

import pytest

from bench.harness.rounds import Turn
from bench.questions.scale.herd import Herd
from bench.questions.scale.histogram import Held
from bench.questions.scale.report import Outcome

RATES = {"10000": 220, "100000": 200, "1000000": 180, "10000000": 100}


def turn(per_s: int) -> Turn:
    return Turn(per_s, 1.0, {})


def outcome(
    rates: Mapping[str, int] = RATES, fired: int = 1_000_000, script_us: int = 4_227, touch_ms: float = 20.0
) -> Outcome:
    turns = {f"{kind} {name}": [turn(rate)] * 3 for name, rate in rates.items() for kind in ("touch", "fire")}
    herd = Herd(1_000_000, fired, 30_000.4, 5_000, touch_ms, Held(9, script_us, script_us))
    return Outcome(turns, {"touch 10": [turn(5)], "fire 10": [turn(7)]}, {2: [9.0, 8.0, 7.0]}, herd)


def test_the_json_has_the_figures_by_number() -> None:
    found = outcome().as_json()
    assert found["per_s_by_chats"]["touch"]["10000000"] == (100, 100, 100)
    assert found["touch_ratio_to_100000"]["1000000"] == (0.9, 0.9, 0.9)
    assert found["per_s_by_bots"] == {"touch": {"10": (5, 5, 5)}, "fire": {"10": (7, 7, 7)}}
    assert found["fire_per_s_by_shards"] == {"2": (8, 7, 9)}
    assert found["due_at_once"]["fired_per_s"] == 30_000


@pytest.mark.parametrize(
    ("found", "holds"),
    [
        (outcome(), True),
        (outcome({"100000": 200, "1000000": 180}), True),
        (outcome(RATES | {"1000000": 179}), False),
        (outcome(RATES | {"10000000": 99}), False),
        (outcome(fired=999_999), False),
        (outcome(script_us=8_454), False),
        (outcome(touch_ms=20.1), False),
    ],
)
def test_each_goal_decides(found: Outcome, *, holds: bool) -> None:
    assert found.holds is holds


def test_the_table_has_a_line_for_each_number() -> None:
    table = outcome().as_table()
    for beginning in ("touch   10000000 armed chats", "fire          10 bots", "fire           2 shards"):
        assert f"\n{beginning} " in table, beginning
