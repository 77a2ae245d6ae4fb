"""What the engine knows of the chats that somebody watches: asked for twice a second, and never of any other.

One asker serves everybody who watches the same chat. The engine may be away, or slow: then the view says so, and the
chat itself is shown all the same. Its servers are connected to when the first chat is watched.
"""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import msgspec

from bench.sandbox.change_signal import Pulse
from bench.sandbox.protocol import EngineView
from engine.cli.inspect import inspect
from engine.core.errors import NotFoundError, RecoveryError
from engine.runtime.process import told_to_end
from engine.settings import Settings
from storage.postgres.pool import Pool, open_pool
from storage.redis.client import Redis, open_redis

_BETWEEN_S = 0.5
_PATIENCE_S = 4.0


class Watch:
    """One watched chat; `changes` counts how often its view became another one."""

    def __init__(self, view: EngineView, asking: asyncio.Task[None] | None = None) -> None:
        self.view = view
        self.asking = asking
        self.changes = 0
        self.watchers = 0

    def see(self, view: EngineView) -> bool:
        """Take the newest view; does it tell more than a later time?"""
        changed = _timeless(view) != _timeless(self.view)
        self.view = view
        self.changes += changed
        return changed


class Onlooker:
    def __init__(self, settings: Settings | None, pulse: Pulse) -> None:
        self._settings = settings
        self._pulse = pulse
        self._watches: dict[tuple[int, int], Watch] = {}
        self._opening = asyncio.Lock()
        self._servers: tuple[Pool, Redis] | None = None
        self._opened = AsyncExitStack()

    async def close(self) -> None:
        asking = [watch.asking for watch in self._watches.values() if watch.asking]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await self._opened.aclose()

    @contextmanager
    def watching(self, bot_id: int, chat_id: int) -> Iterator[Watch]:
        """Ask for as long as the block lasts."""
        if self._settings is None:
            yield Watch(EngineView("not_connected"))
            return
        watch = self._watches.get((bot_id, chat_id)) or self._begin(self._settings, bot_id, chat_id)
        watch.watchers += 1
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if not watch.watchers and watch.asking:
                del self._watches[bot_id, chat_id]
                watch.asking.cancel()

    def _begin(self, settings: Settings, bot_id: int, chat_id: int) -> Watch:
        watch = self._watches[bot_id, chat_id] = Watch(EngineView("asked"))
        watch.asking = asyncio.create_task(self._keep_asking(settings, watch, bot_id, chat_id))
        return watch

    async def _keep_asking(self, settings: Settings, watch: Watch, bot_id: int, chat_id: int) -> None:
        while not told_to_end():
            if watch.see(await self._view(settings, bot_id, chat_id)):
                self._pulse.beat()
            await asyncio.sleep(_BETWEEN_S)

    async def _view(self, settings: Settings, bot_id: int, chat_id: int) -> EngineView:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                pool, client = await self._connected(settings)
                return EngineView("connected", await inspect(pool, client, bot_id, chat_id))
        except NotFoundError as error:
            return EngineView("unknown_bot", detail=str(error))
        except RecoveryError as error:
            return EngineView("unreachable", detail=str(error))
        except TimeoutError:
            return EngineView("unreachable", detail=f"No answer within {_PATIENCE_S:.0f} s.")

    async def _connected(self, settings: Settings) -> tuple[Pool, Redis]:
        async with self._opening:
            if self._servers is None:
                pool, client = await open_pool(settings.database_url), open_redis(settings.redis_url)
                self._opened.push_async_callback(pool.close)
                self._opened.push_async_callback(client.aclose)
                self._servers = pool, client
        return self._servers


def _timeless(view: EngineView) -> EngineView:
    standing = view.standing and msgspec.structs.replace(view.standing, now_ms=0)
    return msgspec.structs.replace(view, standing=standing)
