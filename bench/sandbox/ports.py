"""Listening sockets on loopback.

Free ports are taken below the range that the kernel gives to outgoing connections, so that a sandbox can start again
on its old port. A process takes each port once before it takes one again: a port that was closed may be meant for a
server that does not listen yet.
"""

import random
import socket
from collections.abc import Iterator
from itertools import cycle, islice

_LOOPBACK = "127.0.0.1"
FREE_PORTS = range(20_000, 32_000)
_ATTEMPTS = 50


def order(ports: range) -> Iterator[int]:
    """Repeat these ports for ever, in a random order."""
    return cycle(random.SystemRandom().sample(ports, len(ports)))


_next = order(FREE_PORTS)


def choose_among(ports: range) -> None:
    """Take free ports only from these, for several processes that share the machine."""
    global _next  # noqa: PLW0603 - one process has one order
    _next = order(ports)


def listen(port: int) -> socket.socket:
    """Listen on the port; 0 stands for any free one."""
    return _bind(port) if port else _bind_free()


def _bind_free() -> socket.socket:
    for port in islice(_next, _ATTEMPTS):
        try:
            return _bind(port)
        except OSError:
            continue
    raise OSError(f"no free port found between {FREE_PORTS.start} and {FREE_PORTS.stop}")


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_LOOPBACK, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {_LOOPBACK}:{port}: {error.strerror}") from error
    return bound
