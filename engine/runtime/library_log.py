"""Everything that a process would print beside our own log takes the same road: libraries' loggers, warnings, and
errors that nobody has caught.

Libraries quote what they were given: aiogram a whole batch of updates, asyncio the arguments of a task, aiohttp an
address with its token. Which of their sentences are harmless changes with every release, so none is printed. A line
names the library's logger, the level, the place in its code, and an error by its class and stack: that says which
sentence it was. Libraries are heard from a warning on; anything below repeats what our own log says.
"""

import logging
import sys
import threading
import warnings
from types import TracebackType
from typing import TextIO

from engine.runtime.stack_trace import place
from engine.runtime.telemetry import configure_safely, logger
from engine.settings import early_log_format


class LibraryLog(logging.Handler):
    """Says in our log that a library has logged something, and where."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        report = logger().error if record.levelno >= logging.ERROR else logger().warning
        error = {"exc_info": record.exc_info} if record.exc_info else {}
        report("Library reported", library=record.name, place=place(record.pathname, record.lineno), **error)


def take_over(output: TextIO | None = None) -> None:
    """From now on nothing is printed but by our log, on standard output or elsewhere. A process does this first."""
    configure_safely(early_log_format(), output)
    logging.getLogger().addHandler(LibraryLog())
    sys.excepthook = _uncaught
    sys.unraisablehook = _ignored
    threading.excepthook = _uncaught_in_thread
    warnings.showwarning = _warned


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    logger().critical("Process failed", exc_info=(kind, error, trace))


def _ignored(failure: "sys.UnraisableHookArgs") -> None:
    logger().error("Error ignored", exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback))


def _uncaught_in_thread(failure: threading.ExceptHookArgs) -> None:
    logger().error("Thread failed", exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback))


def _warned(
    message: Warning | str,  # noqa: ARG001 - the signature of warnings.showwarning
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - the same
    line: str | None = None,  # noqa: ARG001 - the same
) -> None:
    logger().warning("Library warned", category=category.__name__, place=place(filename, lineno))
