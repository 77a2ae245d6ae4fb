"""What the processes use, by the operating system. A server's children count as it."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import psutil

from bench.harness.connections import ports_of

_SERVERS: Final = {"valkey": "valkey", "postgres": "postgres"}
"""By the beginning of a process's name."""


class Use(NamedTuple):
    """`rss`: bytes; memory that the processes of one server share is counted for each."""

    cpu_s: float
    rss: int


def processes(ours: Mapping[str, int]) -> dict[str, psutil.Process]:
    """The engine's and the sandbox's by their names, and the servers."""
    found = {name: psutil.Process(pid) for name, pid in ours.items()}
    for child in psutil.Process().children():
        for name, beginning in _SERVERS.items():
            if child.pid not in ours.values() and child.name().startswith(beginning):
                found[name] = child
    return found


def use(process: psutil.Process) -> Use:
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    ended = times[0].children_user + times[0].children_system
    return Use(sum(time.user + time.system for time in times) + ended, sum(one.memory_info().rss for one in family))


def ports(processes: Mapping[str, psutil.Process]) -> dict[int, str]:
    """Whose end of a connection a port is; a server has only ends of its own port."""
    return {port: name for name, process in processes.items() for port in ports_of(process.pid)}
