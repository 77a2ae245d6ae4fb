"""How a script of a peer talks with the bench: it is asked by environment variables, and answers in JSON lines.

A script brings one function, `touch(chat, delay_s)`: a message came, so the chat's timer starts again. A worker calls
`begun(chat)` as the first thing that it does for a chat that has been silent for that long.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from typing import Any, Final, TypeAlias

REDIS_URL: Final = os.environ["REDIS_URL"]
ASKED: Final[dict[str, Any]] = json.loads(os.environ["ASKED"])
DELAY_S: Final = 600.0
Messages: TypeAlias = Iterator[tuple[int, float]]


def say(**fields: float) -> None:
    """Write past `sys.stdout`, which some libraries redirect; a line written at once is never mixed with others."""
    os.write(1, f"{json.dumps(fields)}\n".encode())


def begun(chat: int) -> None:
    say(chat=chat, at_s=time.time())


def run(touch: Callable[[int, float], object]) -> None:
    """Do the work that was asked for."""

    async def one(chat: int, delay_s: float) -> None:
        touch(chat, delay_s)

    asyncio.run(run_async(one, callers=1))


async def run_async(touch: Callable[[int, float], Awaitable[object]], callers: int = 32, each: int = 1) -> None:
    """Do the work that was asked for, with this many callers at a time. A call may touch a list of `each` chats."""
    chats, seconds = range(ASKED["chats"] // each), ASKED.get("seconds", 0)
    await _all(touch, callers, _armed(chats))
    say(armed_s=time.time())
    if seconds:
        cpu_s, began_s = time.process_time(), time.perf_counter()
        calls = await _all(touch, callers, _touches(chats, began_s + seconds))
        wall_s = time.perf_counter() - began_s
        say(touches=calls * each, seconds=wall_s, cpu_s=time.process_time() - cpu_s)


def _armed(chats: range) -> Messages:
    """So many messages of each chat: the timer ends after the usual delay, or at a moment that is the chat's own."""
    first_s = ASKED.get("first_s")
    for _ in range(ASKED["messages"]):
        for chat in chats:
            yield chat, first_s + chat / ASKED["rate"] - time.time() if first_s else DELAY_S


def _touches(chats: range, end_s: float) -> Messages:
    for chat in cycle(chats):
        if time.perf_counter() > end_s:
            return
        yield chat, DELAY_S


async def _all(touch: Callable[[int, float], Awaitable[object]], callers: int, messages: Messages) -> int:
    """How many calls there were. Callers take their next message from the same iterator."""

    async def caller() -> int:
        done = 0
        for chat, delay_s in messages:
            await touch(chat, delay_s)
            done += 1
        return done

    return sum(await asyncio.gather(*(caller() for _ in range(callers))))
