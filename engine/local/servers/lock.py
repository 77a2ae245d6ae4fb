"""Locks on a directory. They are the kernel's, so they end with their holder, however it ends.

We hold the *run* lock: a second start is refused. The server and all of its children inherit a *server* lock, so a
server left over from a killed run is known to live as long as one of them does. Pids would not show that: they are
reused, and a zombie still has one.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.core.errors import RecoveryError

_LEFT_OVER_PATIENCE_S = 15.0
_SERVER_LOCK = "server.lock"


@contextmanager
def run_lock(state_dir: Path) -> Iterator[None]:
    path = state_dir / "run.lock"
    descriptor = _open(path)
    try:
        if not _try_lock(descriptor):
            raise RecoveryError(
                f"Another run (pid {_read(descriptor)}) uses {state_dir}: end it first, "
                "or set STATE_DIR to another directory."
            )
        _write(descriptor, str(os.getpid()))
        yield
    finally:
        os.close(descriptor)


@contextmanager
def server_lock(directory: Path, name: str) -> Iterator[int]:
    """Yield the descriptor that the server has to inherit; our copy is closed at the end of the block."""
    descriptor = _open(directory / _SERVER_LOCK)
    try:
        give_up = time.monotonic() + _LEFT_OVER_PATIENCE_S
        while not _try_lock(descriptor):
            if time.monotonic() > give_up:
                raise RecoveryError(
                    f"The {name} of an earlier run (pid {_read(descriptor)}) is still running in {directory}: "
                    "end that process, then start again."
                )
            time.sleep(0.02)
        yield descriptor
    finally:
        os.close(descriptor)


def note_holder(descriptor: int, pid: int) -> None:
    """Note the pid for the error that names a left-over server."""
    _write(descriptor, str(pid))


def holder_of(directory: Path) -> int:
    """The pid of the server in this directory, for whoever started it: a pid says nothing about another's server."""
    return int((directory / _SERVER_LOCK).read_text("ascii"))


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(descriptor: int) -> str:
    return os.pread(descriptor, 32, 0).decode() or "unknown"


def _write(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
