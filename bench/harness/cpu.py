"""How much CPU the parts of the stack used for a message: engine, servers and sandbox, each with its children."""

from collections.abc import Mapping
from typing import Final

import psutil

from bench.harness import process_usage

_PARTS: Final = {"receiver": "receiver", "poller": "pollers", "valkey": "valkey", "postgres": "postgres"}
"""What is counted, by the beginning of a process's name. The sandbox stands for Telegram and is not counted."""


def used_s(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    """CPU seconds since each process began, by part."""
    found = dict.fromkeys(_PARTS.values(), 0.0)
    for name, process in processes.items():
        part = _PARTS.get(name.partition("-")[0])
        if part:
            found[part] += process_usage.use(process).cpu_s
    return found


def ms_per_message(before: Mapping[str, float], after: Mapping[str, float], messages: int) -> dict[str, float]:
    """`total` is the sum, over the whole time between the two readings, in which a part may have rested."""
    each = {part: 1000 * (after[part] - before[part]) / max(1, messages) for part in before}
    return {part: round(value, 3) for part, value in (each | {"total": sum(each.values())}).items()}
