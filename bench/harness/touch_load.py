"""`python -m bench.harness.touch_load RATE CHATS BOT...`: touches armed chats at a steady rate until it is ended.

It stands for receivers that take in the updates of other people. The chats must be armed already.
"""

import argparse
from itertools import count
from typing import Final

import uvloop

from bench.harness.armed_chats import ArmedChats
from bench.harness.steadily import steadily
from engine.settings import load_settings
from storage.redis.client import open_redis
from storage.redis.timers import Timers

_LIST: Final = 100
_FOREVER_S: Final = 1e6


async def _touch(rate: int, chats: int, bots: list[int]) -> None:
    client = open_redis(load_settings().redis_url)
    armed, numbers = ArmedChats(Timers(client), bots, chats), count()

    async def some(_: int, lists: int) -> None:
        for _ in range(lists):
            await armed.touch(next(numbers), _LIST)

    await steadily(rate // _LIST, _FOREVER_S, some)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.harness.touch_load", description=__doc__)
    parser.add_argument("rate", type=int, help="touches a second")
    parser.add_argument("chats", type=int, help="how many are armed")
    parser.add_argument("bots", type=int, nargs="+")
    given = parser.parse_args()
    uvloop.run(_touch(given.rate, given.chats, given.bots))


if __name__ == "__main__":
    main()
