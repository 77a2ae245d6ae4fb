"""The outcomes of a lane that wait for a server: what became of a claimed block is written until the server takes it.

A server that fails for a moment thus makes no send unknown. The lease of the chat is renewed meanwhile, and the lane
claims nothing new, so no more outcomes wait than sends were in flight. They are written even if the lease was lost:
facts are recorded whoever reports them. When the process stops, they have as long as it takes to hand over.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from random import random
from typing import Any, Final, TypeVar

from engine.core.errors import RefusedError, UnreachableError

BACKOFF_S: Final = (0.1, 0.2, 0.5, 1.0)
"""Doubled by jitter at most. The last one comes again and again."""

Result = TypeVar("Result")


class UnrecordedOutcomes:
    def __init__(self) -> None:
        self._waiting = 0

    @property
    def are_waiting(self) -> bool:
        return self._waiting > 0

    async def record(self, write: Callable[[], Awaitable[Result]], log: Callable[[], Any]) -> Result:
        """Write, again and again if need be. Raises RefusedError for what will never be taken."""
        taken = await _attempt(write, log)
        if taken:
            return taken[0]
        self._waiting += 1
        try:
            return await _again(write, log)
        except asyncio.CancelledError:
            log().error("Outcome not recorded before the process ended")
            raise
        finally:
            self._waiting -= 1


async def _again(write: Callable[[], Awaitable[Result]], log: Callable[[], Any]) -> Result:
    for pause_s in chain(BACKOFF_S, repeat(BACKOFF_S[-1])):
        await asyncio.sleep(pause_s * (1 + random()))  # noqa: S311 - jitter, no secret
        if taken := await _attempt(write, log):
            return taken[0]
    raise AssertionError("The pauses never end.")


async def _attempt(write: Callable[[], Awaitable[Result]], log: Callable[[], Any]) -> tuple[Result] | None:
    """What the server answered; None if it did not."""
    try:
        return (await write(),)
    except RefusedError:
        raise
    except UnreachableError as error:
        log().warning("Outcome waits for a server", error=error)
        return None
