"""A full disk, a reader that has gone or no output at all stops no process, and no lost line goes untold."""

import asyncio
import io
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from select import PIPE_BUF
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.log_output import MOST_WAITING, LogOutput, pieces
from engine.runtime.repeated_lines import MORE
from engine.runtime.telemetry import configure_safely, logger

ROOT = Path(__file__).parents[2]
PROGRAM = """
import asyncio, logging, os, sys
from engine.runtime.process import command
from engine.runtime.service import pause, run_service
from engine.runtime.telemetry import logger

turns = []

async def turn():
    logger().info("Step sent")
    turns.append(1)
    logging.getLogger("aiohttp").error("library")
    raise ValueError("words-of-a-user")

@command
def main():
    asyncio.run(run_service(turn, pause(0), "Turn failed", is_over=lambda: len(turns) == 30))
    os.write(2, f"{len(turns)} turns".encode())

sys.exit(main())
"""


def run(redirection: str) -> subprocess.CompletedProcess[str]:
    """A process whose standard output is this one of a shell."""
    command = f'exec "$0" -c "$1" {redirection}'
    return subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", command, sys.executable, PROGRAM],
        cwd=ROOT,
        env={**os.environ, "LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-", "2>&1 >/dev/full | cat"])
def test_a_process_goes_on_without_its_log(redirection: str) -> None:
    done = run(redirection)
    said = done.stdout + done.stderr
    assert "30 turns" in said
    assert "words-of-a-user" not in said


class Disk(io.StringIO):
    """Takes lines while it has room; `broken` is what it raises otherwise."""

    def __init__(self, broken: Exception) -> None:
        super().__init__()
        self.broken = broken
        self.is_full = False

    def write(self, text: str) -> int:
        if self.is_full:
            raise self.broken
        return super().write(text)


@pytest.mark.parametrize("broken", [OSError(28, "full"), BrokenPipeError(), BlockingIOError(), ValueError("closed")])
def test_lost_lines_are_told_as_soon_as_one_is_taken_again(broken: Exception) -> None:
    disk = Disk(broken)
    configure_safely("json", disk)
    try:
        for is_full in (False, True, True, True, False, False):
            disk.is_full = is_full
            logger().info("Step sent")
    finally:
        configure_safely()
    lines: list[dict[str, Any]] = [json.loads(line) for line in disk.getvalue().splitlines()]
    assert [(line["event"], line.get(MORE)) for line in lines] == [
        ("Step sent", None),
        ("Step sent", None),
        ("Log lines lost: the output took none", 3),
        ("Step sent", None),
    ]


def test_an_output_of_few_characters_gets_the_others_as_escapes() -> None:
    with io.TextIOWrapper(io.BytesIO(), "ascii") as output:
        LogOutput(output).msg("açaí …")
        output.seek(0)
        assert output.read() == "a\\xe7a\\xed \\u2026\n"


class Writes(io.StringIO):
    """Remembers what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._begun = ""

    def write(self, text: str) -> int:
        self._begun += text
        return len(text)

    def flush(self) -> None:
        self.pieces.append(self._begun)
        self._begun = ""

    @property
    def lines(self) -> list[str]:
        return "".join(self.pieces).splitlines()


def test_the_lines_of_a_turn_are_written_together() -> None:
    writes = Writes()
    output = LogOutput(writes)

    async def log() -> None:
        for turn in range(3):
            for number in range(4):
                output.info(f"{turn}.{number}")
            await asyncio.sleep(0)

    asyncio.run(log())
    assert [piece.split() for piece in writes.pieces] == [
        [f"{turn}.{number}" for number in range(4)] for turn in range(3)
    ]


def test_a_turn_of_many_lines_writes_while_it_goes_on() -> None:
    writes = Writes()
    output = LogOutput(writes)

    async def log() -> None:
        for number in range(3 * MOST_WAITING):
            output.info(str(number))
            assert len(output._waiting) < MOST_WAITING

    asyncio.run(log())
    assert writes.lines == [str(number) for number in range(3 * MOST_WAITING)]


@given(st.lists(st.sampled_from(["debug", "info", "warning", "error", "critical", "turn", "thread"])))
def test_lines_keep_their_order_and_a_warning_waits_for_nothing(acts: list[str]) -> None:
    writes = Writes()
    output = LogOutput(writes)
    said: list[str] = []

    def say(level: str) -> None:
        said.append(f"{len(said)} {level}")
        getattr(output, level)(said[-1])

    async def log() -> None:
        for act in acts:
            if act == "turn":
                await asyncio.sleep(0)
            elif act == "thread":
                await asyncio.to_thread(say, "info")
            else:
                say(act)
            if act in ("warning", "error", "critical"):
                assert writes.lines == said

    asyncio.run(log())
    say("info")
    assert writes.lines == said


def test_lines_of_a_loop_that_never_came_to_its_next_turn_are_not_forgotten() -> None:
    writes = Writes()
    output = LogOutput(writes)

    async def log(number: int) -> None:
        output.info(str(number))

    for number in range(3):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(log(number))
        loop.close()
    output.flush()
    assert writes.lines == ["0", "1", "2"]


@given(st.lists(st.one_of(st.text("aã\n", max_size=9), st.integers(0, 2 * PIPE_BUF).map("x".__mul__)), max_size=30))
def test_no_other_process_can_write_into_a_line(lines: list[str]) -> None:
    """What is written at once is no more than a pipe takes in one go, unless a single line is longer."""
    written = list(pieces(lines))
    assert [line for piece in written for line in piece] == lines
    for piece in written:
        assert len(piece) == 1 or sum(len(line.encode()) + 1 for line in piece) <= PIPE_BUF
    for one, other in pairwise(written):
        assert sum(len(line.encode()) + 1 for line in [*one, other[0]]) > PIPE_BUF


@pytest.mark.parametrize("full_at", range(4))
def test_each_line_of_a_turn_that_the_output_does_not_take_is_counted(full_at: int) -> None:
    disk = Disk(OSError(28, "full"))

    async def log() -> None:
        for turn in range(4):
            disk.is_full = turn == full_at
            for _ in range(3):
                logger().info("Step sent")
            await asyncio.sleep(0)
        disk.is_full = False
        logger().info("Step sent")

    configure_safely("json", disk)
    try:
        asyncio.run(log())
    finally:
        configure_safely()
    lines = [json.loads(line) for line in disk.getvalue().splitlines()]
    assert [line[MORE] for line in lines if MORE in line] == [3]
    assert sum(line["event"] == "Step sent" for line in lines) == 10


ENDS = {
    "returns": "pass",
    "fails": "raise ValueError",
    "refuses": "raise RecoveryError('refused')",
    "exits": "sys.exit(3)",
    "is interrupted": "raise KeyboardInterrupt",
    "stops in order": "os.kill(os.getpid(), signal.SIGTERM); await stop.wait(); logger().info('Last line')",
    "is cancelled": "asyncio.current_task().cancel(); await asyncio.sleep(1)",
    "fails in a callback": "loop.call_soon(lambda: [logger().info('Last line'), loop.stop()]); await asyncio.sleep(9)",
    "leaves a task": "left.add(asyncio.create_task(late())); await asyncio.sleep(0)",
}
ENDING = """
import asyncio, os, signal, sys, uvloop
from engine.core.errors import RecoveryError
from engine.runtime.process import command, stop_on_signals
from engine.runtime.telemetry import logger

left = set()

async def late():
    try:
        await asyncio.sleep(9)
    finally:
        logger().info('Last line')

async def serve():
    stop, loop = stop_on_signals(), asyncio.get_running_loop()
    for number in range(100):
        logger().info('Line', number=number)
    logger().info('Last line')
    {end}

@command
def main():
    uvloop.run(serve())

sys.exit(main())
"""


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_no_line_is_lost_however_a_process_ends(end: str) -> None:
    program = ENDING.format(end=end)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["number"] for line in lines[:100]] == list(range(100))
    last = [line["event"] for line in lines[100:]].count("Last line")
    assert last == 1 + end.count("Last line") + ("late" in end)
