"""A primary, its replica, and a Sentinel that puts the replica in its place when it is gone: for tests and load tests.

Nothing of them is kept.
"""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from engine.local import process
from engine.local.secret_file import write_secret
from engine.local.servers.account import OURSELVES, make_dir
from engine.local.servers.ports import free_port
from engine.local.servers.valkey import ask, password_of, port_of, running_valkey, share_password
from engine.local.servers.wheels import valkey_server
from engine.local.wait import until_ready

SERVICE: Final = "recovery"
_NAME: Final = "Sentinel"
_DOWN_AFTER_MS: Final = 500
_FAILOVER_MS: Final = 2_000
_AT_ONCE: Final = "repl-diskless-sync-delay 0 shutdown-timeout 0"
"""Nobody waits for a second replica, or for one that lags behind."""


class Watched(NamedTuple):
    """`url` asks the Sentinel; the servers behind it have addresses of their own."""

    url: str
    sentinel_port: int
    primary_url: str
    replica_url: str


@contextmanager
def running_sentinel(directory: Path) -> Iterator[Watched]:
    """Yield the addresses when the replica could take over."""
    make_dir(directory, OURSELVES)
    with ExitStack() as running:
        primary_url = running.enter_context(running_valkey(directory / "primary", durable=False))
        password, port = password_of(primary_url), port_of(primary_url)
        ask(port, f"CONFIG SET masterauth {password} {_AT_ONCE}", password)
        share_password(password, directory / "replica")
        replica_url = running.enter_context(running_valkey(directory / "replica", durable=False))
        ask(port_of(replica_url), f"CONFIG SET masterauth {password} {_AT_ONCE}", password)
        ask(port_of(replica_url), f"REPLICAOF 127.0.0.1 {port}", password)
        sentinel_port = running.enter_context(_watching(directory / "sentinel", port, port_of(replica_url), password))
        yield Watched(
            f"redis+sentinel://:{password}@127.0.0.1:{sentinel_port}/{SERVICE}", sentinel_port, primary_url, replica_url
        )


@contextmanager
def _watching(directory: Path, primary_port: int, replica_port: int, password: str) -> Iterator[int]:
    """The Sentinel writes what it learns into its file."""
    port, file = free_port(), make_dir(directory, OURSELVES) / "sentinel.conf"
    write_secret(file, _watch(port, directory, primary_port, password))
    log = directory / "sentinel.log"
    sentinel = process.start(
        [str(valkey_server()), str(file), "--sentinel"],
        log=log,
        cwd=directory,
        env={"LC_ALL": "C"},
        death_signal=signal.SIGTERM,
    )

    def knows() -> bool:
        linked = "master_link_status:up" in ask(replica_port, "INFO replication", password)
        return linked and ask(port, f"SENTINEL REPLICAS {SERVICE}") == "*1"

    try:
        until_ready(_NAME, sentinel, knows, log)
        yield port
    finally:
        process.stop(sentinel, signal.SIGTERM)


def _watch(port: int, directory: Path, primary_port: int, password: str) -> str:
    return "\n".join(
        (
            f"port {port}",
            "bind 127.0.0.1",
            f'dir "{directory}"',
            f"sentinel monitor {SERVICE} 127.0.0.1 {primary_port} 1",
            f"sentinel auth-pass {SERVICE} {password}",
            f"sentinel down-after-milliseconds {SERVICE} {_DOWN_AFTER_MS}",
            f"sentinel failover-timeout {SERVICE} {_FAILOVER_MS}",
        )
    )
