"""An embedded Valkey: one process, one directory, one port on loopback."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.local import process
from engine.local.servers.account import OURSELVES, make_dir
from engine.local.servers.lock import note_holder, server_lock
from engine.local.servers.ports import settled_port
from engine.local.servers.wheels import valkey_server
from engine.local.wait import until_ready

_NAME = "Valkey"
_LOADING_TIMEOUT_S = 1.0


@contextmanager
def running_valkey(directory: Path, *, durable: bool) -> Iterator[str]:
    """Yield its URL. It runs under our own account: unlike PostgreSQL it allows root."""
    data = make_dir(make_dir(directory, OURSELVES) / "data", OURSELVES)
    log = directory / "valkey.log"
    with server_lock(directory, _NAME) as lock:
        port = settled_port(directory / "port")
        server = process.start(
            [str(valkey_server()), *_settings(port, data, durable=durable)],
            log=log,
            cwd=data,
            env={"LC_ALL": "C"},
            death_signal=signal.SIGTERM,
            keep_open=(lock,),
        )
        note_holder(lock, server.pid)
    try:
        until_ready(_NAME, server, lambda: _answers(port), log)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.stop(server, signal.SIGTERM)


def _settings(port: int, data: Path, *, durable: bool) -> list[str]:
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(data),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",  # the append-only file is the only copy
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    return [word for name, value in settings.items() for word in (f"--{name}", value)]


def _answers(port: int) -> bool:
    """Whether it answers PING; while it loads its file it answers with an error."""
    try:
        with socket.create_connection(("127.0.0.1", port), _LOADING_TIMEOUT_S) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
