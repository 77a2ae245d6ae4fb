"""Rounds in which contestants take turns."""

import pytest

from bench.harness.rounds import Spread, Turn, interleave, ratio, spread


async def test_each_contestant_has_one_turn_a_round_and_each_begins_in_turn() -> None:
    order: list[str] = []

    async def work(name: str, done: int) -> int:
        order.append(name)
        return done

    contestants = {"a": lambda: work("a", 1), "b": lambda: work("b", 2), "c": lambda: work("c", 3)}
    turns = await interleave(contestants, 4, {"us": lambda: 0.0})
    assert "".join(order) == "abcbcacababc"
    assert {name: [turn.done for turn in of_one] for name, of_one in turns.items()} == {
        "a": [1] * 4,
        "b": [2] * 4,
        "c": [3] * 4,
    }


async def test_a_turn_counts_only_its_own_cpu_time() -> None:
    used = iter((10.0, 10.5, 20.0, 22.0))

    async def work() -> int:
        return 1_000_000

    turns = await interleave({"a": work}, 2, {"server": lambda: next(used)})
    assert [turn.cpu_us("server") for turn in turns["a"]] == [0.5, 2.0]


def test_nothing_done_costs_nothing() -> None:
    assert Turn(0, 1.0, {"us": 1.0}).cpu_us("us") == 0


@pytest.mark.parametrize(
    ("values", "expected"), [([3], Spread(3, 3, 3)), ([9, 1, 2], Spread(2, 1, 9)), ([1, 2], Spread(2, 1, 2))]
)
def test_a_spread_is_the_median_between_the_extremes(values: list[float], expected: Spread) -> None:
    assert spread(values) == expected


def test_contestants_are_compared_within_a_round() -> None:
    slow, quick = Turn(100, 1.0, {}), Turn(1_000, 1.0, {})
    ours = [slow, quick, quick]
    bare = [slow._replace(done=200), quick._replace(done=2_000), quick]
    assert ratio(ours, bare) == Spread(0.5, 0.5, 1.0)


async def test_what_comes_before_a_turn_is_not_measured() -> None:
    order: list[str] = []

    def look() -> float:
        order.append("look")
        return 0.0

    async def work() -> int:
        order.append("work")
        return 1

    async def prepare() -> None:
        order.append("prepare")

    await interleave({"a": work}, 1, {"us": look}, {"a": prepare})
    assert order == ["prepare", "look", "work", "look"]
