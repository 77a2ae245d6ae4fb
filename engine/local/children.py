"""The engine's own processes as children: their lines go into one log, and none of them outlives us.

If we are killed, they are killed too; the next start recovers from that as from any crash.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from engine.core.errors import RecoveryError
from engine.local.child_settings import of_child
from engine.local.process import FOR_OWNER_ONLY, die_with_parent

_LONGEST_LINE = 4 * 1024 * 1024
_PATIENCE_S = 10.0
_NAME_WIDTH = 8


def say(name: str, line: str) -> None:
    """Write one line of the one log."""
    sys.stdout.write(f"{name:<{_NAME_WIDTH}} | {line}\n")
    sys.stdout.flush()


class Child:
    """A running Python module. `first_line` may be awaited once, before `follow`."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
        self.name = name
        self._process = process
        self._output = output

    async def first_line(self) -> str:
        """Wait for the line with which the child reports that it is ready."""
        line = _text(await self._output.readline())
        if not line:
            raise RecoveryError(f"{self.name} ended with status {await self._process.wait()} at start.")
        return line

    async def follow(self) -> int:
        """Pass every line on until the child ends; returns its status."""
        async for line in self._output:
            say(self.name, _text(line))
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask, wait, insist."""
        if self._process.returncode is None:
            self._process.terminate()
        try:
            await asyncio.wait_for(self.follow(), _PATIENCE_S)
        except TimeoutError:
            say("run", f"{self.name} did not end within {_PATIENCE_S:.0f} s and is killed")
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def child(name: str, arguments: Sequence[str], env: Mapping[str, str]) -> AsyncIterator[Child]:
    """Run `python -m` with these arguments for as long as the block lasts, with its part of the environment."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=_LONGEST_LINE,
        env=of_child(name, env),
        start_new_session=True,
        umask=FOR_OWNER_ONLY,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    if process.stdout is None:
        raise RuntimeError("a child is started with a pipe for its output")
    started = Child(name, process, process.stdout)
    try:
        yield started
    finally:
        await started.stop()


async def until_one_ends(*children: Child) -> tuple[Child, int]:
    """Follow all children; returns the first that ends, and its status."""
    following = {asyncio.create_task(child.follow()): child for child in children}
    try:
        ended, _ = await asyncio.wait(following, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _cancel(following)
    first = ended.pop()
    return following[first], first.result()


async def _cancel(tasks: Mapping[asyncio.Task[int], Child]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip()
