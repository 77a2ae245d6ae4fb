"""What the product behind a bot knows of the chats that somebody watches.

The product is asked through an observer: an optional plug, loaded by its name, so that the sandbox runs without any
product. It is asked twice a second, and only about chats that are watched; one task asks for everybody who watches the
same chat. An observer may be away or slow: the view says so, and the chat itself is shown all the same.
"""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec

from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.protocol import EngineView

_BETWEEN_S = 0.5
_PATIENCE_S = 4.0
# The part of a standing that changes without news.
_TIME = "now_ms"


class Observer(Protocol):
    async def look(self, bot_id: int, chat_id: int) -> EngineView: ...

    async def close(self) -> None: ...


class ObserverError(ValueError):
    """The observer cannot be loaded; the message says why."""


def load_observer(name: str) -> Observer:
    """Load `package.module:function` and call the function. Raises ObserverError."""
    module, _, function = name.partition(":")
    try:
        make: Callable[[], Observer] = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ObserverError(f"{name} cannot be loaded: {error}") from error
    return make()


class Watch:
    """One watched chat; `changes` counts the views that differed from the one before."""

    def __init__(self, view: EngineView, asking: asyncio.Task[None] | None = None) -> None:
        self.view = view
        self.asking = asking
        self.changes = 0
        self.watchers = 0

    def see(self, view: EngineView) -> bool:
        """Take the newest view, and say whether more than its time differs."""
        changed = _timeless(view) != _timeless(self.view)
        self.view = view
        self.changes += changed
        return changed


class WatchedChats:
    def __init__(self, observer: Observer | None, signal: ChangeSignal) -> None:
        self._observer = observer
        self._signal = signal
        self._watches: dict[tuple[int, int], Watch] = {}
        self._closed = False

    async def close(self) -> None:
        self._closed = True
        asking = [watch.asking for watch in self._watches.values() if watch.asking]
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        if self._observer is not None:
            await self._observer.close()

    @contextmanager
    def watching(self, bot_id: int, chat_id: int) -> Iterator[Watch]:
        """Ask for as long as the block lasts."""
        if self._observer is None:
            yield Watch(EngineView("not_connected"))
            return
        watch = self._watches.get((bot_id, chat_id)) or self._begin(self._observer, bot_id, chat_id)
        watch.watchers += 1
        try:
            yield watch
        finally:
            watch.watchers -= 1
            if not watch.watchers and watch.asking:
                del self._watches[bot_id, chat_id]
                watch.asking.cancel()

    def _begin(self, observer: Observer, bot_id: int, chat_id: int) -> Watch:
        watch = self._watches[bot_id, chat_id] = Watch(EngineView("asked"))
        watch.asking = asyncio.create_task(self._keep_asking(observer, watch, bot_id, chat_id))
        return watch

    async def _keep_asking(self, observer: Observer, watch: Watch, bot_id: int, chat_id: int) -> None:
        """Not until cancelled alone: an observer's client may swallow a cancellation."""
        while watch.watchers and not self._closed:
            if watch.see(await _asked(observer, bot_id, chat_id)):
                self._signal.notify()
            await asyncio.sleep(_BETWEEN_S)


async def _asked(observer: Observer, bot_id: int, chat_id: int) -> EngineView:
    try:
        async with asyncio.timeout(_PATIENCE_S):
            return await observer.look(bot_id, chat_id)
    except TimeoutError:
        return EngineView("unreachable", detail=f"No answer within {_PATIENCE_S:.0f} s.")


def _timeless(view: EngineView) -> EngineView:
    standing = view.standing and {**view.standing, _TIME: 0}
    return msgspec.structs.replace(view, standing=standing)
