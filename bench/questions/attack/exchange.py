"""One exchange over a connection of its own, byte by byte: whatever is sent, and how the answer begins."""

import asyncio
from typing import Final

PATIENCE_S: Final = 10.0
HERE: Final = "127.0.0.1"
CLOSED: Final = "closed"
_STATUS: Final = slice(9, 12)
"""Where the status stands in the first line of an answer."""


async def exchange(host: str, port: int, sent: bytes, origin: str = HERE) -> str:
    """The status of the answer, `closed` without one, or the error by which it failed."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(host, port, local_addr=(origin, 0))
            try:
                writer.write(sent)
                await writer.drain()
                line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    return line[_STATUS].decode("ascii", "replace") or CLOSED
