"""A script's lines are read from among its log, each once; whatever it started ends with the block."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from bench.questions.peers.environments import Environment
from bench.questions.peers.script import Script, running
from engine.core.errors import RecoveryError


@contextmanager
def program(tmp_path: Path, text: str) -> Iterator[Script]:
    command = [sys.executable, "-c", text]
    with running(command, Environment(Path(sys.prefix)), {"REDIS_URL": ""}, {"chats": 3}, tmp_path / "log") as script:
        yield script


async def test_lines_are_told_from_the_log_and_none_is_lost_behind_another(tmp_path: Path) -> None:
    text = "print('[INFO] ready'); print('{\"chat\": 1}\\n{\"armed_s\": 2}\\n{\"chat\": 3}'); print('bye')"
    with program(tmp_path, text) as script:
        await script.end(30)
        assert await script.line_with("armed_s", 30) == {"armed_s": 2}
        assert list(script.lines()) == [{"chat": 3}]


async def test_it_is_asked_by_its_environment(tmp_path: Path) -> None:
    with program(tmp_path, "from protocol import ASKED, say; say(chats=ASKED['chats'])") as script:
        assert await script.line_with("chats", 30) == {"chats": 3}


async def test_a_script_that_ends_without_an_answer_is_refused_with_its_last_words(tmp_path: Path) -> None:
    text = "raise SystemExit('no such broker')"
    with program(tmp_path, text) as script, pytest.raises(RecoveryError, match="It ended: no such broker"):
        await script.line_with("armed_s", 30)


async def test_its_children_end_with_it(tmp_path: Path) -> None:
    text = (
        "import subprocess, sys, time; from protocol import say;"
        "say(child=subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid); time.sleep(600)"
    )
    with program(tmp_path, text) as script:
        child = psutil.Process((await script.line_with("child", 30))["child"])
    async with asyncio.timeout(30):
        while is_alive(child):  # noqa: ASYNC110 - the system tells nobody but the parent
            await asyncio.sleep(0.02)


def is_alive(process: psutil.Process) -> bool:
    """Where the first process of a system is not an init, nobody takes leave of an orphan that has ended."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
