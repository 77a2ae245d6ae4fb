"""Who may be connected, for how long, and who leaves for a newcomer: compared with a slow and simple model."""

from ipaddress import IPv6Address
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.receiver.http.connection_limits import Bounds, ConnectionLimits, Stage, bounds_for, origin_of

STRANGE = (Stage.ARRIVING, Stage.LEAVING)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.sampled_from("abc")),
        st.tuples(st.just("move"), st.integers(0, 30), st.integers(0, len(Stage) - 1)),
        st.tuples(st.just("go"), st.integers(0, 30)),
        st.tuples(st.just("wait"), st.sampled_from([0.0, 0.5, 1.0, 9.5, 10.0, 31.0, 200.0])),
    ),
    max_size=40,
)


class Open(NamedTuple):
    origin: str
    stage: Stage
    since_s: float
    turn: int


class Model:
    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.open: dict[int, Open] = {}
        self.turns = count()

    def leaves_for(self, newcomer: int, origin: str) -> int | None:
        strangers = {one: it for one, it in self.open.items() if it.stage in STRANGE}
        neighbours = [one for one, it in strangers.items() if it.origin == origin]
        if len(neighbours) >= self.bounds.from_one:
            return min(neighbours, key=lambda one: self.open[one].turn)
        if len(strangers) >= self.bounds.strangers:
            return self.first(*STRANGE)
        if len(self.open) >= self.bounds.in_all:
            resting, arriving = self.first(Stage.RESTING), self.first(Stage.ARRIVING)
            few = len(strangers) < self.bounds.from_one
            order = [self.first(Stage.LEAVING), *((resting, arriving) if few else (arriving, resting)), newcomer]
            return next(one for one in order if one is not None)
        return None

    def first(self, *stages: Stage) -> int | None:
        order = (Stage.LEAVING, Stage.ARRIVING, Stage.RESTING)
        those = [one for one, it in self.open.items() if it.stage in stages]
        return min(those, key=lambda one: (order.index(self.open[one].stage), self.open[one].turn), default=None)


@given(STEPS, st.builds(Bounds, st.integers(1, 6), st.integers(1, 4), st.integers(1, 3)))
def test_the_limits_are_those_of_the_model(steps: list[tuple[object, ...]], bounds: Bounds) -> None:
    limits: ConnectionLimits[int] = ConnectionLimits(bounds)
    model, names, now_s = Model(bounds), count(), 0.0
    for kind, *rest in steps:
        if kind == "come":
            one, origin = next(names), str(rest[0])
            leaves = model.leaves_for(one, origin)
            assert limits.admit(one, origin, now_s) == leaves
            if leaves != one:
                if leaves is not None:
                    del model.open[leaves]
                model.open[one] = Open(origin, Stage.ARRIVING, now_s, next(model.turns))
        elif kind == "move":
            one, stage = int(str(rest[0])), tuple(Stage)[int(str(rest[1]))]
            limits.move(one, stage, now_s)
            if one in model.open:
                model.open[one] = Open(model.open[one].origin, stage, now_s, next(model.turns))
        elif kind == "go":
            limits.forget(int(str(rest[0])))
            model.open.pop(int(str(rest[0])), None)
        else:
            now_s += float(str(rest[0]))
            over = {one for one, it in model.open.items() if now_s >= it.since_s + it.stage.most_s}
            assert {one for one, _ in limits.overdue(now_s)} == over
            model.open = {one: it for one, it in model.open.items() if one not in over}
        assert len(limits) == len(model.open) <= bounds.in_all


def test_an_answer_under_way_is_never_cut_off_for_a_newcomer() -> None:
    limits: ConnectionLimits[int] = ConnectionLimits(Bounds(3, 3, 3))
    for one in range(3):
        limits.admit(one, "a", 0)
        limits.move(one, Stage.ANSWERING, 0)
    assert limits.admit(3, "b", 1) == 3
    limits.move(1, Stage.RESTING, 2)
    assert limits.admit(3, "b", 3) == 1


def test_a_house_full_of_resting_connections_lets_everybody_arrive() -> None:
    limits: ConnectionLimits[int] = ConnectionLimits(Bounds(100, 50, 30))
    for one in range(100):
        limits.admit(one, "a", 0)
        limits.move(one, Stage.RESTING, 0)
    left = [limits.admit(newcomer, "b", 1) for newcomer in range(100, 130)]
    assert left == list(range(30)), "those that rest leave, and none of the newcomers"


@pytest.mark.parametrize("files", [1, 2, 3, 64, 256, 1_024, 4_096, 20_000])
def test_half_of_the_files_are_left_and_strangers_are_the_smaller_part(files: int) -> None:
    bounds = bounds_for(files)
    assert 1 <= bounds.from_one <= bounds.strangers <= bounds.in_all <= max(files // 2, 1)
    assert files < 1_024 or bounds.from_one >= 300, "one proxy may bring so many callers at once"


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one_caller(address: str, origin: str) -> None:
    assert origin_of(address) == origin


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_no_address_of_a_network_is_another_caller(network: int, host: int, other: int) -> None:
    first, second = (origin_of(str(IPv6Address(network << 64 | one))) for one in (host, other))
    assert first == second or network == 0, "in ::/64 stand the IPv4 addresses"
