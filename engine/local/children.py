"""The engine's own processes as children: their lines go into one log, and none of them outlives us.

If we are killed they are killed too: whatever they were at, the next start recovers from, as after any crash.
"""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Self

from engine.core.errors import RecoveryError
from engine.local.process import die_with_parent

_LONGEST_LINE = 4 * 1024 * 1024
_PATIENCE_S = 10.0
_NAME_WIDTH = 8


def say(name: str, line: str) -> None:
    """One line of the one log."""
    sys.stdout.write(f"{name:<{_NAME_WIDTH}} │ {line}\n")
    sys.stdout.flush()


class Child:
    """A Python module at work."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process
        self._output = _reader(process)

    @classmethod
    async def start(cls, name: str, arguments: Sequence[str], env: Mapping[str, str]) -> Self:
        """`arguments` follow `python -m`."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=_LONGEST_LINE,
            env=dict(env),
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        return cls(name, process)

    async def first_line(self) -> str:
        """Wait for the line by which a child says that it is ready."""
        line = (await self._output.readline()).decode("utf-8", "replace").rstrip()
        if not line:
            raise RecoveryError(f"{self.name} ended with status {await self._process.wait()} at start.")
        return line

    async def run(self) -> int:
        """Relay every line until the end; the exit status."""
        async for line in self._output:
            say(self.name, line.decode("utf-8", "replace").rstrip())
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask, wait, insist."""
        if self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _PATIENCE_S)
        except TimeoutError:
            say("run", f"{self.name} did not end within {_PATIENCE_S:.0f} s and is killed")
            self._process.kill()
            await self._process.wait()


async def run_once(name: str, arguments: Sequence[str], env: Mapping[str, str]) -> None:
    """Run a command to its end; it has to succeed."""
    child = await Child.start(name, arguments, env)
    try:
        status = await child.run()
    finally:
        await child.stop()
    if status:
        raise RecoveryError(f"`python -m {' '.join(arguments)}` ended with status {status}; it says why above.")


def _reader(process: asyncio.subprocess.Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise RuntimeError("a child is started with a pipe for its output")
    return process.stdout
