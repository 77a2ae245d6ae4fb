"""Watches other processes from a test: those working in a directory, and a parent of servers that can be killed."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE_S = 20.0
_PARENT = """
import sys
from pathlib import Path
from engine.local.servers.servers import LocalServers
with LocalServers(Path(sys.argv[1])) as servers:
    print(servers.redis_url, servers.database_url, flush=True)
    sys.stdin.read()
"""


def living_in(directory: Path) -> list[int]:
    """Pids whose working directory is this one or lies below it: servers work in theirs."""
    return [pid for pid, place in _places() if place.is_relative_to(directory)]


def told_of(directory: Path) -> dict[int, list[str]]:
    """Processes that name this directory in environment or command line, or work in it; with their command lines."""
    name = str(directory).encode()
    named = {pid for pid in _pids() if name in _read(pid, "environ") or name in _read(pid, "cmdline")}
    return {pid: _read(pid, "cmdline").decode().split("\0") for pid in named | {*living_in(directory)}}


def wait_until_empty(directory: Path) -> None:
    _wait_until_none(lambda: living_in(directory))


def wait_until_gone(directory: Path) -> None:
    """No process works in the directory or names it."""
    _wait_until_none(lambda: told_of(directory))


@contextmanager
def parent_of_servers(state_dir: Path, umask: int = 0o022) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Run both servers in a Python process until its input ends; yield it with their URLs."""
    with subprocess.Popen(  # noqa: S603 - our own interpreter and script
        [sys.executable, "-c", _PARENT, str(state_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        umask=umask,
    ) as parent:
        assert parent.stdout
        redis_url, database_url = parent.stdout.readline().split()
        try:
            yield parent, redis_url, database_url
        finally:
            parent.kill()


def _wait_until_none(look: Callable[[], object]) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while living := look():
        assert time.monotonic() < give_up, f"still alive: {living}"
        time.sleep(0.02)


def _pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _places() -> Iterator[tuple[int, Path]]:
    for pid in _pids():
        try:
            yield pid, Path(f"/proc/{pid}/cwd").readlink()
        except OSError:  # it ended meanwhile, or is not ours to see
            continue


def _read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:  # as above
        return b""
