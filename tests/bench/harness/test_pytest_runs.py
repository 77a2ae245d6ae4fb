"""Runs of pytest side by side: one in each place, and none is left when we are interrupted."""

from typing import cast

import pytest

from bench.harness.pytest_runs import Ended, PytestRun, run_side_by_side


class Run:
    """Is over after this number of looks."""

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self.stopped = False

    def ended(self) -> Ended | None:
        self._looks -= 1
        return None if self._looks > 0 else Ended(0, "", 1.0)

    def stop(self) -> None:
        self.stopped = True


def test_each_place_has_one_run_at_a_time_and_every_job_is_done() -> None:
    busy: set[str] = set()
    done: list[int] = []

    def start(looks: int, place: str) -> PytestRun:
        assert place not in busy
        busy.add(place)
        return cast("PytestRun", Run(looks))

    def note(looks: int, place: str, ended: Ended) -> None:
        assert ended.status == 0
        busy.remove(place)
        done.append(looks)

    run_side_by_side([1, 3, 2, 1, 1], ["here", "there"], start, note)
    assert (sorted(done), busy) == ([1, 1, 1, 2, 3], set())


def test_an_interruption_ends_all_that_run() -> None:
    runs = {looks: Run(looks) for looks in (1, 5, 9)}

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_side_by_side([1, 5, 9], [1, 2, 3], lambda looks, _: cast("PytestRun", runs[looks]), interrupted)
    assert {looks: run.stopped for looks, run in runs.items()} == {1: False, 5: True, 9: True}
