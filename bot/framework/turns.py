"""In which order an admin's updates are handled.

A tap takes the admin's turn, and so does whatever draws a screen: one after another, in the order in which they came.
Slow work (a file that uploads, a stop of a big campaign) lets the turn go while it lasts, so that it holds up no tap;
what it changes is checked against the revision that was seen, like any change. Messages keep their order among
themselves, since the order of files is the order of blocks, and so do the slow taps on one bot. A command waits for no
upload.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from weakref import WeakValueDictionary


class Turns:
    """A lock lives as long as someone holds it or waits for it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[str, int, int], asyncio.Lock] = WeakValueDictionary()

    def turn(self, admin_id: int) -> asyncio.Lock:
        return self._lock("turn", admin_id)

    def message(self, admin_id: int, text: str) -> AbstractAsyncContextManager[None]:
        """The place of a message among those of the admin; it is taken before the turn."""
        return nullcontext() if text.startswith("/") else self.messages(admin_id)

    def messages(self, admin_id: int) -> asyncio.Lock:
        """What the admin's messages wait for, one after another."""
        return self._lock("message", admin_id)

    @asynccontextmanager
    async def beside(self, admin_id: int, bot_id: int | None = None) -> AsyncIterator[None]:
        """Let the admin's turn go for slow work, and take it again for what follows. One at a time for each bot."""
        turn = self.turn(admin_id)
        turn.release()
        try:
            async with nullcontext() if bot_id is None else self._lock("slow tap", admin_id, bot_id):
                yield
        finally:
            await turn.acquire()

    def _lock(self, kind: str, admin_id: int, bot_id: int = 0) -> asyncio.Lock:
        return self._locks.setdefault((kind, admin_id, bot_id), asyncio.Lock())
