"""`python -m bench.questions.scale.worker`: one process of several that work on the same server at the same time.

It is told what to do by a line on its input, which keeps the server's password out of the list of processes; answers
with a line once it is ready; begins at the next line, and gives what it did as the last one.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import uvloop

from bench.harness.percentiles import percentile
from bench.questions.scale.armed import DAY_MS, Fires, fire
from storage.redis.client import open_redis
from storage.redis.timer_values import Sign
from storage.redis.timers import Timers

_LIST: Final = 100
_EVERY_S: Final = 0.005
_NEW_CHATS: Final = 9_000_000_000


class Work(msgspec.Struct, frozen=True):
    """`kind` fire: claim and settle for so long. drain: until nothing is due. touch: steadily, until told to end."""

    url: str
    kind: str
    bots: Sequence[int]
    for_s: float = 0.0


class Done(msgspec.Struct, frozen=True):
    """`p99_ms`: of the touches, from the moment at which each was to begin to its return."""

    count: int
    wall_s: float
    p99_ms: float = 0.0


async def _fire(timers: Timers, work: Work) -> Done:
    began_s = time.perf_counter()
    count = await Fires(timers, work.bots, work.for_s)()
    return Done(count, time.perf_counter() - began_s)


async def _drain(timers: Timers, work: Work) -> Done:
    began_s, count, left = time.perf_counter(), 0, list(work.bots)
    while left:
        for bot_id in tuple(left):
            fired = await fire(timers, bot_id, again=False)
            count += fired
            if not fired:
                left.remove(bot_id)
    return Done(count, time.perf_counter() - began_s)


async def _touch(timers: Timers, work: Work) -> Done:
    """One list at each moment, and those that the server has held up as soon as it lets them."""
    over_s: list[float] = []
    began_s = time.perf_counter()
    told = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    while not told.done():
        await asyncio.sleep(max(0.0, began_s + len(over_s) * _EVERY_S - time.perf_counter()))
        bot_id = work.bots[len(over_s) % len(work.bots)]
        await timers.touch(bot_id, [Sign(_NEW_CHATS + chat, 0) for chat in range(_LIST)], DAY_MS)
        over_s.append(time.perf_counter() - began_s)
    p99_ms = percentile(sorted(waits_ms(over_s, _EVERY_S)), 99)
    return Done(len(over_s) * _LIST, time.perf_counter() - began_s, p99_ms)


def waits_ms(over_s: Sequence[float], every_s: float) -> list[float]:
    """By when each was over, with the wait for those before it: a stall counts for all that were to begin in it."""
    return [1000 * (one - number * every_s) for number, one in enumerate(over_s)]


_KINDS: Final[dict[str, Callable[[Timers, Work], Awaitable[Done]]]] = {"fire": _fire, "drain": _drain, "touch": _touch}


async def _run(work: Work) -> Done:
    client = open_redis(work.url)
    timers = Timers(client)
    await timers.touch(work.bots[0], [], None)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    try:
        return await _KINDS[work.kind](timers, work)
    finally:
        await client.aclose()


def main() -> None:
    done = uvloop.run(_run(msgspec.json.decode(sys.stdin.readline(), type=Work)))
    sys.stdout.write(msgspec.json.encode(done).decode() + "\n")


if __name__ == "__main__":
    main()
