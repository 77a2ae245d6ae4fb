"""Child processes that never outlive us, and never end by a Ctrl-C that is meant for us.

- Each child leads a session of its own, so that Ctrl-C reaches only us and we end the children in order.
- On Linux the kernel signals the child when we die, `kill -9` included. It watches the *thread* that started
  the child, hence `require_main_thread`.
- Output goes to a file: no one reads a pipe while the child starts, and a full pipe would block it.
"""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.core.errors import RecoveryError
from engine.local.servers.account import OURSELVES, Account

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_LOG_LIMIT = 4 * 1024 * 1024
FOR_OWNER_ONLY = 0o077
"""The umask of children: whatever ours is, nobody else reads their files."""


def require_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RecoveryError(
            "Local servers live as long as the thread that starts them: start them from the main thread."
        )


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`, which runs after the change of user: that change would clear the setting."""
    parent = os.getpid()

    def arm() -> None:
        if _LIBC is None:
            return
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before we were armed
            os._exit(1)

    return arm


def start(
    argv: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    death_signal: signal.Signals,
    account: Account = OURSELVES,
    keep_open: Sequence[int] = (),
    feed: str = "",
) -> subprocess.Popen[bytes]:
    with open_log(log) as output, _given(feed) as given:
        return subprocess.Popen(  # noqa: S603 - argv is ours, no shell
            [*account.prefix(death_signal), *argv],
            stdin=given,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            pass_fds=keep_open,
            umask=FOR_OWNER_ONLY,
            preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509 - forked from the main thread only
            **account.popen_arguments(),
        )


def stop(process: subprocess.Popen[bytes], how: signal.Signals, *, patience_s: float = 10.0) -> None:
    """Ask, wait, insist."""
    if process.poll() is not None:
        return
    process.send_signal(how)
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def _given(feed: str) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as given:
        given.write(feed.encode())
        given.seek(0)
        yield given


def open_log(path: Path) -> IO[bytes]:
    """Append, or start a new file once this one has grown past the limit; the previous one is kept.

    It is readable by its owner only, and no link leads us to another file.
    """
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.old"))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    log = os.fdopen(os.open(path, flags, 0o600), "ab")
    os.fchmod(log.fileno(), 0o600)
    return log


def last_lines(log: Path, count: int = 5) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-count:])
