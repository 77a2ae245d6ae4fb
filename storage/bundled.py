"""Where the Lua scripts and the migrations are: beside `storage` in a checkout, inside it in a wheel.

`lua` and `migrations` are too common as names to be put into everybody's site-packages.
"""

from pathlib import Path
from typing import Final

_STORAGE: Final = Path(__file__).parent


def bundled(name: str) -> Path:
    inside = _STORAGE / name
    return inside if inside.is_dir() else _STORAGE.with_name(name)
