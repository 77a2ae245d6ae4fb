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
from pathlib import PurePath
from types import TracebackType
from typing import TextIO

from engine.runtime.telemetry import logger


class LibraryLog(logging.Handler):
    """Says in our log that a library has logged something, and where."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        report = logger().error if record.levelno >= logging.ERROR else logger().warning
        error = {"exc_info": record.exc_info} if record.exc_info else {}
        report("Library reported", library=record.name, place=_place(record.pathname, record.lineno), **error)


def take_over() -> None:
    """From now on nothing is printed but by our log. A process does this first."""
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
    logger().warning("Library warned", category=category.__name__, place=_place(filename, lineno))


def _place(path: str, line: int) -> str:
    """With its folder, as many libraries have a file of the same name."""
    return f"{'/'.join(PurePath(path).parts[-2:])}:{line}"
