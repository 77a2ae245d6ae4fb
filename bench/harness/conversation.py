"""Processes that stand beside what is measured, so that their work has a core of its own: one line in, one line out.

Such a process ends when its input ends, however the bench ends.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from engine.core.errors import RecoveryError

_LONGEST_LINE: Final = 2**20


class Helper:
    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self._process = process
        self._name = name

    @property
    def pid(self) -> int:
        return self._process.pid

    async def hear(self) -> str:
        """Raises RecoveryError if it has ended; its error is on stderr."""
        line = await self._streams[1].readline()
        if not line:
            raise RecoveryError(f"{self._name} has ended.")
        return line.decode().rstrip("\n")

    async def ask(self, line: str) -> str:
        """Raises RecoveryError."""
        self._streams[0].write(f"{line}\n".encode())
        return await self.hear()

    @property
    def _streams(self) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
        written, read = self._process.stdin, self._process.stdout
        if written is None or read is None:
            raise RecoveryError(f"{self._name} has no pipes.")
        return written, read


@asynccontextmanager
async def helper(module: str, *arguments: str) -> AsyncIterator[Helper]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        limit=_LONGEST_LINE,
    )
    try:
        yield Helper(process, module)
    finally:
        if process.stdin:
            process.stdin.close()
        await process.wait()


async def converse(answer: Callable[[str], Awaitable[str]]) -> None:
    """The other end: answer each line of the input, until it ends."""
    lines = asyncio.StreamReader(limit=_LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        print(await answer(line.decode().rstrip("\n")), flush=True)
