"""One process of a peer: it is asked by its environment variables, and answers in JSON lines among its own log."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import Popen
from typing import Any, Final, TypeAlias

import msgspec

from bench.questions.peers.environments import Environment
from engine.core.errors import RecoveryError
from engine.local import process

SCRIPTS: Final = Path(__file__).parent / "scripts"
_ROOT: Final = Path(__file__).parents[3]
_LOOK_S: Final = 0.01
_BEGINNING: Final = b'{"'
Line: TypeAlias = dict[str, Any]


class Script:
    def __init__(self, running: Popen[bytes], log: Path) -> None:
        self.pid = running.pid
        self._running = running
        self._log = log
        self._read = 0
        self._waiting: deque[Line] = deque()

    def lines(self) -> Iterator[Line]:
        """Those that came since, each once."""
        with self._log.open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
        self._read += len(whole) + bool(whole)
        self._waiting += [msgspec.json.decode(line) for line in whole.splitlines() if line.startswith(_BEGINNING)]
        while self._waiting:
            yield self._waiting.popleft()

    async def line_with(self, field: str, patience_s: float) -> Line:
        """Raises RecoveryError if the process ends, or takes too long, without it."""
        give_up = time.monotonic() + patience_s
        while True:
            ended = self._running.poll() is not None
            for line in self.lines():
                if field in line:
                    return line
            if ended or time.monotonic() > give_up:
                raise RecoveryError(f"It {'ended' if ended else 'took too long'}: {self.last_line()}")
            await asyncio.sleep(_LOOK_S)

    def last_line(self) -> str:
        return process.last_lines(self._log, 1)

    async def end(self, patience_s: float) -> None:
        """Wait for it to exit by itself. Raises RecoveryError if it does not."""
        give_up = time.monotonic() + patience_s
        while self._running.poll() is None:
            if time.monotonic() > give_up:
                raise RecoveryError(f"It did not exit: {self.last_line()}")
            await asyncio.sleep(_LOOK_S)


@contextmanager
def running(
    command: list[str], environment: Environment, env: Mapping[str, str], asked: Mapping[str, Any], log: Path
) -> Iterator[Script]:
    """All that it has started ends with the block."""
    own = {
        "PYTHONPATH": os.pathsep.join(map(str, (SCRIPTS, _ROOT))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NODE_PATH": str(environment.node_modules),
        "ASKED": msgspec.json.encode(asked).decode(),
    }
    started = process.start(
        command, log=log, cwd=SCRIPTS, env={**os.environ, **env, **own}, death_signal=signal.SIGKILL
    )
    try:
        yield Script(started, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def command_of(script: str, environment: Environment) -> list[str]:
    """A Python module of this project, or a script of a peer for Python or Node."""
    if script.endswith(".cjs"):
        return [environment.command("node"), str(SCRIPTS / script)]
    if script.endswith(".py"):
        return [environment.command("python"), str(SCRIPTS / script)]
    return [sys.executable, "-m", f"{__package__}.{script}"]
