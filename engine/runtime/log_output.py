"""Where the lines of our log go. The engine goes on without its log: a full disk must stop no send.

While an event loop runs, the lines of one of its turns are written together: a write for each would cost a third of a
line. A warning, and anything above it, is written at once with all that came before it, and so is what still waits when
the process ends. A process that is killed loses the lines of the turn it was in.

A line that the output does not take is lost and counted; the count is told as soon as the output takes a line again.
"""

import asyncio
import atexit
import threading
from collections.abc import Iterator, Sequence
from select import PIPE_BUF
from typing import Final, Self, TextIO

import structlog

from engine.runtime.repeated_lines import MORE

MOST_WAITING: Final = 1_000
"""Lines that wait for the end of a turn."""


class LogOutput:
    """structlog's factory of loggers, and the logger. Without an output it is standard output, if there is one."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output: Final = output
        self._lost = 0
        self._waiting: list[str] = []
        self._written_by: asyncio.AbstractEventLoop | None = None
        """The loop that will write the lines that wait."""
        self._lock = threading.RLock()
        """Re-entrant, as a finalizer may log at any moment."""
        atexit.register(self.flush)

    def __call__(self, *_names: object) -> Self:
        return self

    def info(self, line: str) -> None:
        with self._lock:
            self._waiting.append(line)
            self._flush_soon()

    def msg(self, line: str) -> None:
        with self._lock:
            self._waiting.append(line)
            self.flush()

    debug = info
    warning = error = critical = msg

    def flush(self) -> None:
        """Write the lines that wait."""
        with self._lock:
            lines, self._waiting, self._written_by = self._waiting, [], None
            for piece in pieces(lines):
                self._write(piece)

    def _flush_soon(self) -> None:
        loop = _running_loop()
        if loop is None or len(self._waiting) == MOST_WAITING:
            self.flush()
        elif loop is not self._written_by:
            self._written_by = loop
            loop.call_soon(self.flush)

    def _write(self, lines: Sequence[str]) -> None:
        if not self._takes("\n".join(lines)):
            self._lost += len(lines)
        elif self._lost:
            self._tell()

    def _takes(self, lines: str) -> bool:
        try:
            self._print(lines)
        except (OSError, ValueError):  # a closed file is a ValueError
            return False
        return True

    def _print(self, lines: str) -> None:
        try:
            print(lines, file=self._output, flush=True)
        except UnicodeEncodeError:
            print(lines.encode("ascii", "backslashreplace").decode(), file=self._output, flush=True)

    def _tell(self) -> None:
        lost, self._lost = self._lost, 0
        structlog.get_logger().warning("Log lines lost: the output took none", **{MORE: lost})
        if self._lost:
            self._lost += lost


def pieces(lines: Sequence[str]) -> Iterator[list[str]]:
    """What a pipe takes in one go, so that no other process can write into a line; a line that is longer goes alone."""
    piece: list[str] = []
    room = PIPE_BUF
    for line in lines:
        size = len(line.encode(errors="backslashreplace")) + 1
        if piece and size > room:
            yield piece
            piece, room = [], PIPE_BUF
        piece.append(line)
        room -= size
    if piece:
        yield piece


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
