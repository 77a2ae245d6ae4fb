"""An embedded PostgreSQL: one cluster, one directory, one port on loopback, one database.

- The cluster is made beside its place and moved there when complete: a killed first start leaves no partial one.
- It has its own environment and locale: ours may name a locale that the machine does not have.
- It uses TCP only (the path of a socket may be too long), so it needs a password and SCRAM, on loopback too.
- Shared memory is mapped from files: a container's /dev/shm may be tiny.
"""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.core.errors import RecoveryError
from engine.local import process
from engine.local.servers.account import OURSELVES, Account, make_dir, reachable_dir, server_account
from engine.local.servers.lock import note_holder, server_lock
from engine.local.servers.ports import settled_port
from engine.local.servers.wheels import postgres_bin
from engine.local.wait import until_ready

_NAME = "PostgreSQL"
_DATABASE = "recovery"
_OWNER = "recovery"
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
_STATUS_LINE = 7
_FAST_STOP = signal.SIGINT  # SIGTERM would wait for every client to leave


@dataclass(frozen=True, slots=True)
class _Cluster:
    directory: Path
    account: Account
    binaries: Path
    lock: int

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def log(self) -> Path:
        return self.directory / "postgres.log"

    def start(self, argv: Sequence[str], feed: str = "") -> subprocess.Popen[bytes]:
        return process.start(
            [str(self.binaries / argv[0]), *argv[1:]],
            log=self.log,
            cwd=self.directory,
            env=_ENVIRONMENT,
            death_signal=_FAST_STOP,
            account=self.account,
            keep_open=(self.lock,),
            feed=feed,
        )


@contextmanager
def running_postgres(directory: Path, *, durable: bool) -> Iterator[str]:
    """Yield the URL of the database. For root the server and its files belong to `nobody`."""
    account = server_account()
    home = reachable_dir(directory, account)
    with server_lock(home, _NAME) as lock:
        cluster = _Cluster(home, account, postgres_bin(account), lock)
        password = _password(cluster)
        if not cluster.data.exists():
            _create(cluster, durable=durable)
        port = settled_port(home / "port")
        server = _start(cluster, port, durable=durable)
    try:
        until_ready(_NAME, server, lambda: _accepts(cluster, server), cluster.log)
        yield f"postgresql://{_OWNER}:{password}@127.0.0.1:{port}/{_DATABASE}"
    finally:
        process.stop(server, _FAST_STOP)


def _password(cluster: _Cluster) -> str:
    path = cluster.directory / "password"
    if path.exists():
        return path.read_text("ascii").strip()
    if cluster.data.exists():
        raise RecoveryError(f"{path} is gone, so the database beside it cannot be opened: remove {cluster.directory}.")
    password = secrets.token_urlsafe(24)
    path.touch(0o600)
    path.write_text(password, "ascii")
    cluster.account.give(path)
    return password


def _create(cluster: _Cluster, *, durable: bool) -> None:
    unfinished = cluster.directory / "data.unfinished"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    make_dir(unfinished, OURSELVES)
    cluster.account.give(unfinished)
    _run(cluster, [*_initdb(cluster, unfinished), *([] if durable else ["--no-sync"])])
    _run(cluster, ["postgres", "--single", "-D", str(unfinished), "postgres"], f"CREATE DATABASE {_DATABASE}\n")
    unfinished.rename(cluster.data)


def _initdb(cluster: _Cluster, data: Path) -> list[str]:
    return [
        "initdb",
        f"--pgdata={data}",
        f"--username={_OWNER}",
        f"--pwfile={cluster.directory / 'password'}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--set=dynamic_shared_memory_type=mmap",
    ]


def _run(cluster: _Cluster, argv: Sequence[str], feed: str = "") -> None:
    child = cluster.start(argv, feed)
    try:
        status = child.wait()
    finally:
        process.stop(child, _FAST_STOP)
    if status:
        tail = process.last_lines(cluster.log)
        raise RecoveryError(f"{argv[0]} ended with status {status}; {cluster.log} ends:\n{tail}")


def _start(cluster: _Cluster, port: int, *, durable: bool) -> subprocess.Popen[bytes]:
    """Under the lock no server runs here, so a pid file is a left-over, whatever pid it names."""
    _pid_file(cluster).unlink(missing_ok=True)
    settings = [word for setting in _settings(port, durable=durable) for word in ("-c", setting)]
    server = cluster.start(["postgres", "-D", str(cluster.data), *settings])
    note_holder(cluster.lock, server.pid)
    return server


def _settings(port: int, *, durable: bool) -> list[str]:
    settings = [
        f"port={port}",
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "password_encryption=scram-sha-256",
        "max_connections=100",
        "shared_buffers=64MB",
        "dynamic_shared_memory_type=mmap",
        "log_min_messages=log",  # no refused statement, as it may quote a row; the refusal itself reaches our own log
        "timezone=UTC",
        "log_timezone=UTC",
    ]
    return settings if durable else [*settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off"]


def _accepts(cluster: _Cluster, server: subprocess.Popen[bytes]) -> bool:
    """Read what the postmaster notes in its pid file once it accepts connections, as pg_ctl does."""
    path = _pid_file(cluster)
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return len(lines) > _STATUS_LINE and lines[0] == str(server.pid) and lines[_STATUS_LINE].strip() == "ready"


def _pid_file(cluster: _Cluster) -> Path:
    return cluster.data / "postmaster.pid"
