"""Listening sockets on loopback.

A free port is taken below the range that the kernel gives to outgoing connections, so that a sandbox which
starts again on its old port does not find it in use.
"""

import random
import socket

_LOOPBACK = "127.0.0.1"
_FREE_PORTS = range(20_000, 32_000)
_ATTEMPTS = 50


def listen(port: int) -> socket.socket:
    """Listen on the port; port 0 stands for any free one."""
    return _bind(port) if port else _bind_free()


def _bind_free() -> socket.socket:
    draw = random.SystemRandom()
    for _ in range(_ATTEMPTS):
        try:
            return _bind(draw.choice(_FREE_PORTS))
        except OSError:
            continue
    raise OSError(f"no free port found between {_FREE_PORTS.start} and {_FREE_PORTS.stop}")


def _bind(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((_LOOPBACK, port))
    except OSError as error:
        bound.close()
        raise OSError(error.errno, f"cannot listen on {_LOOPBACK}:{port}: {error.strerror}") from error
    return bound
