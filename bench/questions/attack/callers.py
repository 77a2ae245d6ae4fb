"""Genuine callers of the receiver: an integrator that reports activity, and a balancer that asks /healthz."""

import asyncio
import time
from typing import Final

import aiohttp

from bench.questions.attack.exchange import PATIENCE_S, exchange

_REST_S: Final = 0.5
_GOOD: Final = 200
_HEALTH: Final = b"GET /healthz HTTP/1.1\r\nHost: bots.example.org\r\n\r\n"


class Calls:
    """How long the good answers took, and how many calls got none."""

    def __init__(self) -> None:
        self.took_ms: list[int] = []
        self.failed = 0

    def note(self, began_s: float, *, good: bool) -> None:
        if good:
            self.took_ms.append(round(1000 * (time.monotonic() - began_s)))
        else:
            self.failed += 1


async def report(url: str, key: str, person: int, calls: Calls) -> None:
    """Report one person's activity twice a second, over a connection that is kept. Until it is cancelled."""
    headers, timeout = {"Authorization": f"Bearer {key}"}, aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
        while True:
            began_s = time.monotonic()
            try:
                async with session.post(url, json={"chat_id": person}) as answer:
                    await answer.read()
                calls.note(began_s, good=answer.status == _GOOD)
            except (aiohttp.ClientError, TimeoutError):
                calls.note(began_s, good=False)
            await asyncio.sleep(_REST_S)


async def look(host: str, port: int, calls: Calls) -> None:
    """Ask whether the receiver lives, each time over a new connection. Until it is cancelled."""
    while True:
        began_s = time.monotonic()
        status = await exchange(host, port, _HEALTH)
        calls.note(began_s, good=status == str(_GOOD))
        await asyncio.sleep(_REST_S)
