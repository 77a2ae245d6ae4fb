"""What the processes use, by the operating system's account. A server's children count as part of it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import psutil

from bench.harness.connections import ports_of

_SERVERS: Final = {"valkey": "valkey", "postgres": "postgres"}
"""By the beginning of a process's name."""


class Use(NamedTuple):
    """`rss`: bytes; memory that the processes of one server share is counted for each of them."""

    cpu_s: float
    rss: int


def processes(started: Mapping[str, int]) -> dict[str, psutil.Process]:
    """The processes of the engine and the sandbox by their names, and the servers."""
    found = {name: psutil.Process(pid) for name, pid in started.items()}
    for child in psutil.Process().children():
        for name, beginning in _SERVERS.items():
            if child.pid not in started.values() and child.name().startswith(beginning):
                found[name] = child
    return found


def use(process: psutil.Process) -> Use:
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    ended = times[0].children_user + times[0].children_system
    return Use(sum(time.user + time.system for time in times) + ended, sum(one.memory_info().rss for one in family))


def cpu_s_of(process: psutil.Process) -> float:
    return use(process).cpu_s


def ports(processes: Mapping[str, psutil.Process]) -> dict[int, str]:
    """Which process a client's port belongs to. A server has no ports but its own."""
    return {port: name for name, process in processes.items() for port in ports_of(process.pid)}
