"""Several workers that begin at the same moment."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from typing import cast

import msgspec

from bench.questions.scale.worker import Done, Work
from engine.core.errors import RecoveryError


async def run_together(works: Sequence[Work], beside: Work | None = None) -> list[Done]:
    """The last is that of the work beside, which ends once the others are done. Raises RecoveryError if one fails."""
    works = [*works, beside] if beside else works
    processes = [await _start() for _ in works]
    try:
        for process, work in zip(processes, works, strict=True):
            await _tell(process, msgspec.json.encode(work))
            await _hear(process)
        for process in processes:
            await _tell(process, b"go")
        done = [await _hear(process) for process in (processes[:-1] if beside else processes)]
        if beside:
            await _tell(processes[-1], b"enough")
            done.append(await _hear(processes[-1]))
        return [msgspec.json.decode(line, type=Done) for line in done]
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _start() -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.questions.scale.worker", stdin=PIPE, stdout=PIPE
    )


async def _tell(process: Process, line: bytes) -> None:
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdin.write(line + b"\n")
    await stdin.drain()


async def _hear(process: Process) -> bytes:
    line = await cast("asyncio.StreamReader", process.stdout).readline()
    if not line:
        raise RecoveryError("A worker of the bench failed: its error is above.")
    return line
