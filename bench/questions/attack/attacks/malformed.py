"""Requests that no parser takes, as fast as they go. Some carry a valid key or token, which no log may give away."""

import asyncio
from collections import Counter
from itertools import cycle
from typing import Final

from bench.questions.attack.exchange import exchange
from bench.questions.attack.target import Target

_AT_ONCE: Final = 10
_LONG: Final = "a" * 40_000
_POST: Final = "POST /v1/bots/{bot}/activity HTTP/1.1\r\nHost: bots.example.org\r\n"
_REQUESTS: Final = (
    _POST + "Authorization: Bearer {key}\0\r\n\r\n",
    _POST + "Authorization: Bearer {key}\r\nX-Broken\r\n\r\n",
    _POST + "Authorization: Bearer {key}\r\nContent-Length: many\r\n\r\n",
    "POST /bot{token}/getMe\0 HTTP/1.1\r\nHost: bots.example.org\r\n\r\n",
    "POST /telegram/{bot} HTTP/9.9\r\nX-Token: {token}\r\n\r\n",
    _POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    _POST + "Transfer-Encoding: chunked\r\n\r\nmany\r\n\r\n",
    _POST + "X-Long: " + _LONG + "\r\n\r\n",
    "G\u00cbT / HTTP/1.1\r\n\r\n",
    "{key}\r\n\r\n",
)


async def attack(target: Target, counts: Counter[str]) -> None:
    words = {"bot": target.bot_id, "key": target.key, "token": target.token}
    requests = [request.format_map(words).encode("latin-1") for request in _REQUESTS]
    async with asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(_send(target, requests, counts))


async def _send(target: Target, requests: list[bytes], counts: Counter[str]) -> None:
    for request in cycle(requests):
        counts[await exchange(target.host, target.port, request)] += 1
