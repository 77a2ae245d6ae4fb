"""The servers of a run can die and live again: at the same addresses, with the data that they had written.

They are our own children. One that is started again ends with the run.
"""

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import psutil

from engine.core.errors import RecoveryError
from engine.local.servers.lock import holder_of
from engine.local.servers.postgres import running_postgres
from engine.local.servers.valkey import running_valkey

_PATIENCE_S: Final = 30.0


class ServerLife:
    """`again` holds what is started again."""

    def __init__(self, state_dir: Path, again: ExitStack) -> None:
        self._valkey, self._postgres = state_dir / "valkey", state_dir / "postgres"
        self._again = again

    async def kill_valkey(self) -> None:
        """`kill -9`: what it had not written is lost."""
        await _end(self._valkey, signal.SIGKILL)

    def start_valkey(self) -> None:
        """Raises RecoveryError."""
        self._again.enter_context(running_valkey(self._valkey, durable=True))

    async def stop_postgres(self, *, at_once: bool) -> None:
        """Its clients are cut off. `at_once`: it writes nothing more, and has to recover when it starts."""
        await _end(self._postgres, signal.SIGQUIT if at_once else signal.SIGINT)

    def start_postgres(self) -> None:
        """Raises RecoveryError."""
        self._again.enter_context(running_postgres(self._postgres, durable=True))


async def _end(directory: Path, how: signal.Signals) -> None:
    """Raises RecoveryError if it goes on."""
    server = psutil.Process(holder_of(directory))
    server.send_signal(how)
    try:
        await asyncio.to_thread(server.wait, _PATIENCE_S)
    except psutil.TimeoutExpired:
        raise RecoveryError(f"The server in {directory} did not end within {_PATIENCE_S:.0f} s.") from None
