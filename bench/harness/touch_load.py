"""`python -m bench.harness.touch_load FILE RATE CHATS BOT...`: touches armed chats at a steady rate until SIGTERM.

It stands for receivers that take in the updates of other people. The chats must be armed already. When it stops it
writes down when it has touched how many, because a busy server or machine may keep it below the rate.
"""

import argparse
import asyncio
import signal
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from bench.harness.armed_chats import ArmedChats
from bench.harness.beside import beside
from bench.harness.steadily import steadily
from engine.settings import load_settings
from storage.redis.client import open_redis
from storage.redis.timers import Timers

_LIST: Final = 100
_FOREVER_S: Final = 1e6


class Touched(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """So many touches were over at this moment, since the one before."""

    at_ms: int
    touches: int


def read(path: Path) -> list[Touched]:
    return msgspec.msgpack.decode(path.read_bytes(), type=list[Touched])


def per_s(touched: Sequence[Touched], from_ms: int, until_ms: int) -> float:
    """Of what was over within this time."""
    within = sum(one.touches for one in touched if from_ms <= one.at_ms < until_ms)
    return round(1000 * within / (until_ms - from_ms), 1)


class _Load:
    def __init__(self, armed: ArmedChats) -> None:
        self._armed = armed
        self._numbers = count()
        self.touched: list[Touched] = []

    async def touch(self, _: int, wanted: int) -> None:
        left = wanted
        while left > 0:
            left -= await self._armed.touch(next(self._numbers), min(_LIST, left))
        self.touched.append(Touched(time.time_ns() // 1_000_000, wanted - left))


async def _run(rate: int, chats: int, bots: Sequence[int]) -> list[Touched]:
    """Raises what a touch raised."""
    client, told = open_redis(load_settings().redis_url), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    load = _Load(ArmedChats(Timers(client), bots, chats))
    touching, telling = asyncio.create_task(_touch(load, rate)), asyncio.create_task(told.wait())
    async with beside(touching):
        await asyncio.wait((touching, telling), return_when=asyncio.FIRST_COMPLETED)
    await client.aclose()
    return load.touched


async def _touch(load: _Load, rate: int) -> None:
    await steadily(rate, _FOREVER_S, load.touch)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.harness.touch_load", description=__doc__)
    parser.add_argument("file", type=Path, help="where to write what it did")
    parser.add_argument("rate", type=int, help="touches a second")
    parser.add_argument("chats", type=int, help="how many are armed")
    parser.add_argument("bots", type=int, nargs="+")
    given = parser.parse_args()
    touched = uvloop.run(_run(given.rate, given.chats, given.bots))
    given.file.write_bytes(msgspec.msgpack.encode(touched))


if __name__ == "__main__":
    main()
