"""Where the lines of our log go. The engine goes on without its log: a full disk must stop no send.

A line that the output does not take is lost and counted; the count is told as soon as the output takes a line again.
"""

import threading
from typing import Final, Self, TextIO

import structlog

from engine.runtime.repeated_lines import MORE


class LogOutput:
    """structlog's factory of loggers, and the logger. Without an output it is standard output, if there is one."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output: Final = output
        self._lost = 0
        self._lock = threading.RLock()
        """Re-entrant, as a finalizer may log at any moment."""

    def __call__(self, *_names: object) -> Self:
        return self

    def msg(self, line: str) -> None:
        with self._lock:
            if not self._takes(line):
                self._lost += 1
            elif self._lost:
                self._tell()

    debug = info = warning = error = critical = msg

    def _takes(self, line: str) -> bool:
        try:
            self._print(line)
        except (OSError, ValueError):  # a closed file is a ValueError
            return False
        return True

    def _print(self, line: str) -> None:
        try:
            print(line, file=self._output, flush=True)
        except UnicodeEncodeError:
            print(line.encode("ascii", "backslashreplace").decode(), file=self._output, flush=True)

    def _tell(self) -> None:
        lost, self._lost = self._lost, 0
        structlog.get_logger().warning("Log lines lost: the output took none", **{MORE: lost})
        if self._lost:
            self._lost += lost
