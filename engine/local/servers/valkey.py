"""An embedded Valkey: one process, one directory, one port on loopback, and a password, which no list of processes
shows: the server reads its settings from its input.
"""

import secrets
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final
from urllib.parse import urlsplit

from engine.local import process
from engine.local.secret_file import write_secret
from engine.local.servers.account import OURSELVES, make_dir
from engine.local.servers.lock import note_holder, server_lock
from engine.local.servers.ports import settled_port
from engine.local.servers.wheels import valkey_server
from engine.local.wait import until_ready

_NAME = "Valkey"
_LOADING_TIMEOUT_S = 1.0
_PASSWORD_BYTES = 24
_NO_MORE: Final[Mapping[str, str]] = MappingProxyType({})


@contextmanager
def running_valkey(directory: Path, *, durable: bool, more: Mapping[str, str] = _NO_MORE) -> Iterator[str]:
    """Yield its URL. It runs under our own account: unlike PostgreSQL it allows root. `more`: settings of its own."""
    data = make_dir(make_dir(directory, OURSELVES) / "data", OURSELVES)
    log = directory / "valkey.log"
    with server_lock(directory, _NAME) as lock:
        port, password = settled_port(directory / "port"), _password(directory / "password")
        server = process.start(
            [str(valkey_server()), "-"],
            log=log,
            cwd=data,
            env={"LC_ALL": "C"},
            death_signal=signal.SIGTERM,
            keep_open=(lock,),
            feed=_settings(port, data, password, durable=durable) + written(more),
        )
        note_holder(lock, server.pid)
    try:
        until_ready(_NAME, server, lambda: ask(port, "PING", password) == "+PONG", log)
        yield f"redis://:{password}@127.0.0.1:{port}/0"
    finally:
        process.stop(server, signal.SIGTERM)


def _password(path: Path) -> str:
    """Made once. The data do not depend on it, so a lost one is replaced."""
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(_PASSWORD_BYTES))
    return path.read_text("ascii").strip()


def _settings(port: int, data: Path, password: str, *, durable: bool) -> str:
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(data),
        "appendonly": "yes" if durable else "no",
        "appendfsync": "everysec",
        "save": "",  # the append-only file is the only copy
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "requirepass": password,
    }
    return written(settings)


def written(settings: Mapping[str, str]) -> str:
    """As the server reads them; of a setting that appears twice the later one counts."""
    return "".join(f'{name} "{value}"\n' for name, value in settings.items())


def ask(port: int, question: str, password: str = "") -> str:
    """The first line of the answer, or the text if it is one; empty if there is none."""
    login = f"AUTH {password}\r\n" if password else ""
    try:
        with socket.create_connection(("127.0.0.1", port), _LOADING_TIMEOUT_S) as connection:
            connection.sendall(f"{login}{question}\r\n".encode())
            with connection.makefile("rb") as answers:
                return _answer(answers) if not login or answers.readline() == b"+OK\r\n" else ""
    except OSError:
        return ""


def _answer(answers: IO[bytes]) -> str:
    first = answers.readline()
    return (answers.read(int(first[1:])) if first.startswith(b"$") else first).decode().strip()


def share_password(password: str, directory: Path) -> None:
    """A server started there has this one."""
    write_secret(make_dir(directory, OURSELVES) / "password", password)


def password_of(url: str) -> str:
    return str(urlsplit(url).password)


def port_of(url: str) -> int:
    return urlsplit(url).port or 0
