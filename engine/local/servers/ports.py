"""Free ports, the same from run to run where possible, so that yesterday's URL still works.

They are below the range from which the kernel gives ports to clients, so that no outgoing connection takes one between
two runs.
"""

import random
import socket
from pathlib import Path

from engine.core.errors import RecoveryError
from engine.local.secret_file import write_secret

_RANGE = range(20_000, 32_000)
_TRIES = 200


def settled_port(memory: Path) -> int:
    """Take the port noted in the file `memory` if it is free, otherwise a new one, which is noted."""
    noted = _noted(memory)
    if noted is not None and is_free(noted):
        return noted
    port = free_port()
    write_secret(memory, str(port))
    return port


def free_port() -> int:
    for port in random.sample(_RANGE, _TRIES):
        if is_free(port):
            return port
    raise RecoveryError(f"No free port was found in {_TRIES} tries between {_RANGE.start} and {_RANGE.stop}.")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _noted(memory: Path) -> int | None:
    if not memory.exists():
        return None
    text = memory.read_text("ascii", "replace").strip()
    return int(text) if text.isdecimal() and int(text) in _RANGE else None
