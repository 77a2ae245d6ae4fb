"""Does something again and again at a steady rate, in small helpings that follow the clock and not one another."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

_HELPING_S: Final = 0.01


async def steadily(rate: int, seconds: float, do: Callable[[int, int], Awaitable[None]]) -> int:
    """Calls `do` with the number of the first thing and how many there are. Gives how many there were in all."""
    total, done, began = int(rate * seconds), 0, time.monotonic()
    while done < total:
        due = min(total, int((time.monotonic() - began) * rate) + 1)
        if due > done:
            await do(done, due - done)
            done = due
        await asyncio.sleep(_HELPING_S - (time.monotonic() - began) % _HELPING_S)
    return total
