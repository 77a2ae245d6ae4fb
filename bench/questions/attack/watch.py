"""What the attacked processes use: memory at its peak, the bytes of their logs, and what these logs give away."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

_LOOK_S: Final = 0.1
_MIB: Final = 2**20
_TELLING: Final = 12
"""Characters."""


class Watch:
    """`pids` by the names of the processes."""

    def __init__(self, pids: Mapping[str, int], logs: Sequence[Path]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._logs = logs
        self._before = self._memory()
        self._peak = self._before
        self._logged = self._length()

    @property
    def growth_mib(self) -> dict[str, int]:
        return {name: (peak - self._before[name]) // _MIB for name, peak in self._peak.items()}

    @property
    def peak_mib(self) -> dict[str, int]:
        return {name: peak // _MIB for name, peak in self._peak.items()}

    @property
    def log_bytes(self) -> int:
        """Written since the beginning."""
        return self._length() - self._logged

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self._peak = {name: max(now, self._peak[name]) for name, now in self._memory().items()}

    def leaks(self, secrets: Sequence[str]) -> int:
        """How many ends of secrets stand in how many logs: the beginning tells nothing to a thief."""
        texts = [log.read_bytes() for log in self._logs]
        return sum(secret[-_TELLING:].encode() in text for secret in secrets for text in texts)

    def _memory(self) -> dict[str, int]:
        return {name: process.memory_info().rss for name, process in self._processes.items()}

    def _length(self) -> int:
        return sum(log.stat().st_size for log in self._logs)
