"""The figures of memory, from weights made by hand."""

import pytest

from bench.questions.memory.chats import ArmedBytes
from bench.questions.memory.processes import Weight, Weights
from bench.questions.memory.report import Outcome

MIB = 2**20


def outcome(used: float = 150.0, finished: float = 0.0, poller_mib: int = 120) -> Outcome:
    armed = [ArmedBytes(chats, used + more, 160.0) for more in (-1, 0, 5) for chats in (10_000, 1_000_000)]
    by_bots = [Weight(0, 60 * MIB, poller_mib * MIB), Weight(1, 61 * MIB, 130 * MIB), Weight(101, 71 * MIB, 140 * MIB)]
    return Outcome(armed, finished, Weights(by_bots, MIB, Weight(1, 81 * MIB, 130 * MIB)))


def test_the_json_has_medians_with_their_spread_and_what_each_bot_and_chat_adds() -> None:
    found = outcome().as_json()
    assert found["bytes_per_chat"] == 150.0
    assert found["bytes_by_chats"]["10000"] == (150.0, 149.0, 155.0)
    assert found["empty_mib"] == {"receiver": 60.0, "poller": 120.0}
    assert found["kib_per_bot"] == {"receiver": 102.4, "poller": 102.4}
    assert found["bytes_per_chat_in"] == {"receiver": 20, "poller": 0}


@pytest.mark.parametrize(
    ("used", "finished", "poller_mib", "holds"),
    [(150.0, 0.5, 120, True), (150.1, 0.0, 120, False), (150.0, 1.0, 120, False), (150.0, 0.0, 121, False)],
)
def test_each_goal_decides(used: float, finished: float, poller_mib: int, *, holds: bool) -> None:
    assert outcome(used, finished, poller_mib).holds is holds


def test_the_table_has_a_line_for_each_size_and_number_of_bots() -> None:
    table = outcome().as_table()
    for beginning in ("10000", "1000000", "finished", "0", "1", "101", "each bot", "each chat"):
        assert f"\n{beginning:>12} " in table, beginning
