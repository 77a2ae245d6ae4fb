"""What an attacker knows of the system: its addresses, and a key of the first bot, which leaked."""

from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = "target.json"


class Target(msgspec.Struct, frozen=True):
    """`token` is that of the first bot. No attack needs it: it is sent to see whether it gets into a log."""

    host: str
    port: int
    bot_id: int
    key: str
    token: str
    manager_id: int
    control_url: str


def write_target(directory: Path, target: Target) -> Path:
    path = directory / _FILE
    path.write_bytes(msgspec.json.encode(target))
    return path


def read_target(path: Path) -> Target:
    return msgspec.json.decode(path.read_bytes(), type=Target)
