"""Waits until a child is ready, has ended, or has taken too long; never sleeps in hope."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from engine.core.errors import RecoveryError
from engine.local.process import last_lines

_PATIENCE_S = 120.0  # crash recovery and a large append-only file take their time


def until_ready(name: str, process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not is_ready():
        if process.poll() is not None:
            raise RecoveryError(
                f"{name} ended with status {process.returncode} at start; {log} ends:\n{last_lines(log)}"
            )
        if time.monotonic() > give_up:
            raise RecoveryError(f"{name} was not ready within {_PATIENCE_S:.0f} s; {log} ends:\n{last_lines(log)}")
        time.sleep(0.01)
