"""CPU is counted for the parts of the engine and its servers, over the whole time between two readings."""

from bench.harness.cpu import ms_per_message


def test_each_part_and_the_sum_are_divided_by_the_messages() -> None:
    before = {"receiver": 1.0, "pollers": 2.0}
    assert ms_per_message(before, {"receiver": 1.5, "pollers": 4.0}, 1_000) == {
        "receiver": 0.5,
        "pollers": 2.0,
        "total": 2.5,
    }


def test_without_messages_there_is_a_figure_all_the_same() -> None:
    assert ms_per_message({"valkey": 1.0}, {"valkey": 1.1}, 0)["total"] == 100.0
