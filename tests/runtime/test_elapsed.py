"""The time that has passed in a process goes on while its machine is suspended, where the system can say so."""

import time

import pytest

from engine.runtime import elapsed


def test_the_clock_that_goes_on_through_a_suspension_is_read_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", time.CLOCK_REALTIME, raising=False)
    assert elapsed._clock() == time.CLOCK_REALTIME


def test_without_it_the_clock_that_nobody_sets_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    assert elapsed._clock() == time.CLOCK_MONOTONIC


def test_a_system_that_names_it_and_has_it_not_is_served_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "CLOCK_BOOTTIME", 9_999, raising=False)
    assert elapsed._clock() == time.CLOCK_MONOTONIC


def test_it_only_goes_forward() -> None:
    assert 0 < elapsed.elapsed_s() <= elapsed.elapsed_s()
