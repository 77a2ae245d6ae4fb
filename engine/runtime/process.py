"""How our processes end: in order on a signal, or with one line that names the mend on a refusal."""

import asyncio
import signal
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from engine.core.errors import RecoveryError
from engine.runtime.library_log import take_over
from engine.runtime.telemetry import refuse, repeated
from engine.settings import early_log_format

P = ParamSpec("P")


def command(act: Callable[P, None]) -> Callable[P, int]:
    """Turn an action into a command with an exit status: a refusal is 1, and the last line, on standard error.

    Nothing is printed but our log, in the format that LOG_FORMAT names, however broken the settings are.
    """

    @wraps(act)
    def main(*args: P.args, **kwargs: P.kwargs) -> int:
        take_over()
        try:
            act(*args, **kwargs)
        except RecoveryError as error:
            refuse(error, early_log_format())
            return 1
        finally:
            repeated.tell()
        return 0

    return main


def is_cancelled() -> bool:
    """Whether the running task was asked to end. Every loop that is ended by a cancellation asks this.

    A library may wait through `asyncio.wait_for`, which in Python 3.11 may swallow a cancellation that arrives at the
    moment of success. The request to cancel stays on the task.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def any_set(timeout_s: float, *events: asyncio.Event) -> None:
    """Wait until one of the events is set, at most `timeout_s`."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
