"""How a process of ours ends: on a signal in order, on a refusal with one line that names the mend."""

import asyncio
import gc
import resource
import signal
import sys
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec

from engine.core.errors import RecoveryError

P = ParamSpec("P")

MOST_FILES: Final = 20_000


def command(act: Callable[P, None]) -> Callable[P, int]:
    """Make of an act a command with an exit status: 1 for a refusal, told on standard error without a traceback."""

    @wraps(act)
    def main(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            act(*args, **kwargs)
        except RecoveryError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        return 0

    return main


def keep_what_is_loaded() -> None:
    """Spare every later collection the libraries, which stay to the end: a pause of a tenth of a second each time."""
    gc.collect()
    gc.freeze()


def allow_many_connections() -> int:
    """Let this process open as many files as the machine lets it, within reason; returns how many."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    if allowed != resource.RLIM_INFINITY and allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return most_files()


def most_files() -> int:
    """So many files and connections may be open at a time."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_FILES if allowed == resource.RLIM_INFINITY else min(allowed, MOST_FILES)


def told_to_end() -> bool:
    """Was the running task cancelled? Asked by every loop that is ended by cancelling it.

    Python 3.11's `asyncio.wait_for`, by which the Redis client writes, may swallow a cancellation that comes in the
    moment of success; the request itself stays on the task.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def any_set(timeout_s: float, *events: asyncio.Event) -> None:
    """Wait until one of them is set, and no longer than that."""
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def stop_on_signals() -> asyncio.Event:
    """An event of the running loop that SIGTERM and Ctrl-C set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
