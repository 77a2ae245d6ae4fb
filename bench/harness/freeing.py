"""Big keys are freed by the server behind our back: whoever measures what comes next waits for it."""

import asyncio
from typing import Final

from storage.redis.client import Redis

_LOOK_S: Final = 0.05


async def flush(client: Redis) -> None:
    """Everything is gone and freed. In one step, ten million chats might take longer than a call may."""
    await client.flushdb(asynchronous=True)
    await until_freed(client)


async def until_freed(client: Redis) -> None:
    while (await client.info("memory"))["lazyfree_pending_objects"]:  # noqa: ASYNC110 - the server gives no signal
        await asyncio.sleep(_LOOK_S)
