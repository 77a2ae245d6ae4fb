"""A full disk, a reader that has gone or no output at all stops no process, and no lost line goes untold."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.runtime.log_output import LogOutput
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
