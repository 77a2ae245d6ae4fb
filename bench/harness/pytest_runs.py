"""Runs of pytest side by side, each in a place of its own, as processes that end with us."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from engine.local import process as processes

LONGEST_S: Final = 3_600.0
_LOOK_S: Final = 0.05
_GRACE_S: Final = 30.0
_NOTHING: Final[Mapping[str, str]] = {}


class Ended(NamedTuple):
    """How a run of pytest ended, and what it printed."""

    status: int
    output: str
    seconds: float

    @property
    def last_words(self) -> str:
        lines = self.output.strip().splitlines()
        return f"pytest ended with status {self.status}: {lines[-1] if lines else 'it printed nothing'}"


class PytestRun:
    """Start it in the main thread."""

    def __init__(self, words: Sequence[str], *, place: Path, log: Path, env: Mapping[str, str] = _NOTHING) -> None:
        self._log = log
        self._began_s = time.monotonic()
        log.unlink(missing_ok=True)
        self._process: subprocess.Popen[bytes] = processes.start(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words],
            log=log,
            cwd=place,
            env={**os.environ, **env},
            death_signal=signal.SIGKILL,
        )

    def ended(self) -> Ended | None:
        """None while it runs."""
        status, seconds = self._process.poll(), time.monotonic() - self._began_s
        if status is None and seconds > LONGEST_S:
            self.stop()
            status = self._process.returncode
        return None if status is None else Ended(status, self._log.read_text("utf-8", "replace"), seconds)

    def stop(self) -> None:
        """As Ctrl-C does, so that it leaves no server running."""
        processes.stop(self._process, signal.SIGINT, patience_s=_GRACE_S)


Job = TypeVar("Job")
Place = TypeVar("Place")


def run_side_by_side(
    jobs: Sequence[Job],
    places: Sequence[Place],
    start: Callable[[Job, Place], PytestRun],
    note: Callable[[Job, Place, Ended], object],
) -> None:
    """Run each job in a place that is free, and pass on how it ended. An interruption ends all that run."""
    waiting, free = deque(jobs), list(places)
    running: list[tuple[Job, Place, PytestRun]] = []
    try:
        while waiting or running:
            while waiting and free:
                job, place = waiting.popleft(), free.pop()
                running.append((job, place, start(job, place)))
            time.sleep(_LOOK_S)
            for one in list(running):
                job, place, started = one
                if ended := started.ended():
                    running.remove(one)
                    note(job, place, ended)
                    free.append(place)
    finally:
        for _, _, started in running:
            started.stop()
