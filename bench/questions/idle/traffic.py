"""Counts the commands that Redis receives, and from which process, with MONITOR.

A script counts as one command, under the name of its file; the commands that it runs are counted separately. The
server's own counters, those of a connection included, add up both. Listening costs the server a few microseconds a
command.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from redis.asyncio.client import Monitor

from engine.settings import Settings
from storage.bundled import bundled
from storage.redis.client import open_redis
from storage.redis.scripts import script_text, sha_of

_INSIDE: Final = "lua"


class Traffic:
    """`asked` counts by the port of the connection and by command."""

    def __init__(self, scripts: Mapping[str, str]) -> None:
        self._scripts = scripts
        self.asked: Counter[tuple[int, str]] = Counter()
        self.in_scripts = 0

    def note(self, seen: Mapping[str, Any]) -> None:
        if seen["client_type"] == _INSIDE:
            self.in_scripts += 1
        else:
            self.asked[int(seen["client_port"] or 0), self._name(seen["command"])] += 1

    def _name(self, command: str) -> str:
        name, _, rest = command.partition(" ")
        if name.upper() != "EVALSHA":
            return name.lower()
        return self._scripts.get(rest.partition(" ")[0], "an unknown script")


def scripts() -> dict[str, str]:
    """The names of the scripts by their hashes."""
    return {sha_of(script_text(path.stem)): path.stem for path in bundled("lua").glob("*.lua")}


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[Traffic]:
    """Counts while the block lasts."""
    client, traffic = open_redis(settings.redis_url), Traffic(scripts())
    try:
        async with client.monitor() as monitor:
            task = asyncio.create_task(_listen(monitor, traffic))
            try:
                yield traffic
                if task.done():
                    task.result()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
    finally:
        await client.aclose()


async def _listen(monitor: Monitor, traffic: Traffic) -> None:
    async for seen in monitor.listen():
        traffic.note(seen)
