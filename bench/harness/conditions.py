"""Under which conditions a question was asked: the machine, the versions, the servers' durability, the batch sizes.

The servers are asked themselves. What they say is kept in the directory of the run, where the question finds it when it
is over.
"""

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from bench.harness.stores import open_stores
from engine.runtime.batcher import LIMIT
from engine.settings import Settings
from storage.redis.timers import BATCH

_FILE: Final = "conditions.json"
_PACKAGES: Final = ("aiogram", "aiohttp", "asyncpg", "hiredis", "redis", "uvloop")
_OF_POSTGRES: Final = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
_OF_VALKEY: Final = ("appendonly", "appendfsync", "maxmemory-policy")


def of_machine() -> dict[str, str]:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "Python": platform.python_version(),
        "packages": packages,
        "batch sizes": f"{BATCH} chats in a script, {LIMIT} rows in a statement",
    }


async def of_servers(settings: Settings) -> dict[str, str]:
    async with open_stores(settings) as (client, pool):
        valkey = await client.info("server")
        kept = {name: str((await client.config_get(name))[name]) for name in _OF_VALKEY}
        known = {name: str(await pool.fetchval(f"SHOW {name}")) for name in _OF_POSTGRES}
    return {
        "Valkey": f"{valkey.get('valkey_version', valkey['redis_version'])}; {_listed(kept)}",
        "PostgreSQL": f"{known.pop('server_version')}; {_listed(known)}",
    }


def keep(directory: Path, conditions: Mapping[str, str]) -> None:
    (directory / _FILE).write_bytes(msgspec.json.encode(conditions))


def kept(directory: Path) -> dict[str, Any]:
    """Those of the machine, and those of the servers if the run had any: all stacks of a run have the same."""
    path = next(directory.rglob(_FILE), None)
    return of_machine() | (msgspec.json.decode(path.read_bytes()) if path else {})


def _listed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())
