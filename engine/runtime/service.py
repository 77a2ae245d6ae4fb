"""The loop of a service, once: it runs a turn, rests, and runs the next one, until it is cancelled or over.

A service has its settings, a `run_once` that returns a result, and this loop, which does nothing but loop. A failed
turn is logged in one line and never ends the loop: the next turn tries again. How long to rest is the service's own
decision. `rest` gets the result of the turn, or None after a failed one, so that a service can wait for its next
deadline, be woken by an event, or back off.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from engine.core.errors import RecoveryError
from engine.runtime.process import is_cancelled
from engine.runtime.telemetry import logger

Result = TypeVar("Result")


async def run_service(
    run_once: Callable[[], Awaitable[Result]],
    rest: Callable[[Result | None], Awaitable[object]],
    failure: str,
    log: Callable[[], Any] = logger,
    is_over: Callable[[], bool] = lambda: False,
) -> None:
    """Run turn after turn. `failure` is what the log says of a failed one, on the logger that `log` gives at that time.

    A cancellation that a turn has swallowed ends the loop before it rests again.
    """
    while not (is_over() or is_cancelled()):
        result = await _run_or_report(run_once, failure, log)
        if not is_cancelled():
            await rest(result)


def pause(seconds: float) -> Callable[[object], Awaitable[None]]:
    """Rest for the same time after each turn."""

    async def rest(_: object) -> None:
        await asyncio.sleep(seconds)

    return rest


def on_the_beat(seconds: float) -> Callable[[object], Awaitable[None]]:
    """Rest until the next beat, at most this long. Services with the same beat wake at the same moment, so that what
    they ask of a server can share a round trip.
    """

    async def rest(_: object) -> None:
        await asyncio.sleep(until_the_beat_s(seconds, time.monotonic()))

    return rest


def until_the_beat_s(seconds: float, now_s: float) -> float:
    return seconds - now_s % seconds


async def _run_or_report(
    run_once: Callable[[], Awaitable[Result]], failure: str, log: Callable[[], Any]
) -> Result | None:
    try:
        return await run_once()
    except RecoveryError as error:
        log().warning(failure, error=error)
    except Exception:  # noqa: BLE001 - a failed turn never ends the loop
        log().exception(failure)
    return None
