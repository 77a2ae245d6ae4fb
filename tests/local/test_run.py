"""`./dev run` as a newcomer sees it: the story in the log, and an end that leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.local.processes import told_of, wait_until_gone

_ROOT = Path(__file__).parents[2]
_OURS = ("REDIS_URL", "DATABASE_URL", "ENCRYPTION_KEY", "MANAGER_BOT_TOKEN", "BOT_TOKEN", "TELEGRAM_API_URL")


@pytest.fixture(scope="module")
def state_dir() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="recovery-test-") as place:
        Path(place).chmod(0o711)
        yield Path(place) / "state"


@contextmanager
def running(state_dir: Path, umask: int = -1, **environ: str) -> Iterator[subprocess.Popen[str]]:
    inherited = {name: value for name, value in os.environ.items() if name not in _OURS}
    with subprocess.Popen(
        [sys.executable, "-m", "engine.local"],
        cwd=state_dir.parent,  # no `.env` of a developer is read
        env={**inherited, "PYTHONPATH": str(_ROOT), "STATE_DIR": str(state_dir), "LOG_FORMAT": "console", **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=umask,
    ) as run:
        try:
            yield run
        finally:
            run.kill()


def read_until(run: subprocess.Popen[str], *words: str) -> list[str]:
    """Read lines up to one that has all the words."""
    assert run.stdout
    lines = []
    for line in run.stdout:
        lines.append(line)
        if all(word in line for word in words):
            return lines
    raise AssertionError("".join(["the run ended before it said so:\n", *lines]))


def test_the_last_line_of_the_start_is_the_address_of_the_page(state_dir: Path) -> None:
    with running(state_dir) as run:
        said = [line for line in read_until(run, "falls silent") if line.startswith("run ")]
        (address,) = re.findall(r"\| Page +(http://127\.0\.0\.1:\d+/) ", said[-1])
        with urllib.request.urlopen(address) as page:  # noqa: S310 - our own, on loopback
            assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 0
    wait_until_gone(state_dir)


def test_the_log_tells_the_story_of_one_silence(state_dir: Path) -> None:
    with running(state_dir) as run:
        read_until(run, "falls silent")
        read_until(run, "Recovery episode started")
        read_until(run, "Recovery step sent")
        read_until(run, "answers")
        read_until(run, "Recovery episode ended", "returned")
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 0
    wait_until_gone(state_dir)


def test_a_second_start_finds_everything_and_sets_up_nothing(state_dir: Path) -> None:
    for _ in range(2):
        with running(state_dir) as run:
            said = read_until(run, "falls silent")
            run.send_signal(signal.SIGINT)
            assert run.wait() == 0
        wait_until_gone(state_dir)
    assert not any("has the campaign" in line for line in said)


def test_a_killed_run_leaves_no_process(state_dir: Path) -> None:
    with running(state_dir) as run:
        read_until(run, "falls silent")
        assert told_of(state_dir)
        run.kill()
    wait_until_gone(state_dir)


def test_a_child_that_dies_ends_the_run_and_is_named(state_dir: Path) -> None:
    with running(state_dir) as run:
        read_until(run, "falls silent")
        (poller,) = [pid for pid, words in told_of(state_dir).items() if "engine.poller" in words]
        os.kill(poller, signal.SIGKILL)
        read_until(run, "poller ended with status -9")
        assert run.wait() == 1
    wait_until_gone(state_dir)


def test_a_second_run_is_refused_while_one_is_running(state_dir: Path) -> None:
    with running(state_dir) as run:
        read_until(run, "falls silent")
        with running(state_dir) as second:
            read_until(second, "Another run (pid", "STATE_DIR")
            assert second.wait() == 1
        run.send_signal(signal.SIGTERM)
        assert run.wait() == 0
