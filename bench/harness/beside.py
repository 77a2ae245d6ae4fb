"""Keeps work going beside a block, and ends it with the block."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

_AGAIN_S: Final = 0.2


@asynccontextmanager
async def beside(*tasks: asyncio.Task[None]) -> AsyncIterator[None]:
    """The tasks end with the block. Raises what one of them raised."""
    try:
        yield
    finally:
        await _cancelled(tasks)
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancels as often as it takes: in Python 3.11, `asyncio.wait_for` loses one that comes with its answer."""
    while unfinished := [task for task in tasks if not task.done()]:
        for task in unfinished:
            task.cancel()
        await asyncio.wait(unfinished, timeout=_AGAIN_S)
