"""Keeps every post of the engine filled, as a process manager does: whoever ends is started again.

A process that ends by itself has died, which the engine must never do. One that ends while it starts met a server that
was down, and comes again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from bench.harness.stack import Stack
from engine.core.errors import RecoveryError

RECEIVERS: Final = 2
POLLERS: Final = 2
"""Of each shard: one serves it, the other stands by."""
SHARDS: Final = 2
MORE_SHARDS: Final = 3
_READY: Final = {
    "receiver": ("Receiver started",),
    "poller": ("Shard taken", "Standing by"),
    "manager": ("Manager started",),
}
_STARTS_WITHIN_S: Final = 10.0
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.1


class Post(NamedTuple):
    """`shard` is that of a poller."""

    role: str
    shard: int = 0


MANAGER: Final = Post("manager")


class Crew:
    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._wanted: Counter[Post] = Counter()
        self._posts: dict[str, Post] = {}
        self._managers = 0
        self._since_s: dict[str, float] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self.restarted = 0
        self.died: list[str] = []

    @property
    def names(self) -> list[str]:
        """Of the processes that hold a post now."""
        return list(self._posts)

    def of(self, role: str) -> list[str]:
        return [name for name, post in self._posts.items() if post.role == role]

    def pollers_of(self, shard: int) -> list[str]:
        return [name for name, post in self._posts.items() if post == Post("poller", shard)]

    def hire(self, post: Post, count: int = 1) -> list[str]:
        """Fill this post, from now on. Gives the names of the processes."""
        self._wanted[post] += count
        return [self._start(post) for _ in range(count)]

    def dissolve(self, post: Post) -> None:
        """The post exists no longer: those who hold it may end."""
        del self._wanted[post]

    def kill(self, name: str) -> None:
        """`kill -9`. Another process is started in its place."""
        self._stack.kill(name)
        self._start(self._posts.pop(name))

    async def replace(self, name: str) -> None:
        """As a deployment does it: the new process is ready before the old one is asked to end. Of the manager there is
        only one at a time. Raises RecoveryError.
        """
        post = self._posts[name]
        if post == MANAGER:
            del self._posts[name]
            await self._ended(name)
        await self.until_ready([self._start(post)])
        if name in self._posts:
            del self._posts[name]
            self._leaving.add(asyncio.create_task(self._ended(name)))

    async def until_ready(self, names: Iterable[str]) -> None:
        """Or until they have ended, and others have come in their place. Raises RecoveryError if it takes too long."""
        give_up = time.monotonic() + _PATIENCE_S
        for name in names:
            while name in self._posts and not self._is_ready(name, self._posts[name]):
                if time.monotonic() > give_up:
                    raise RecoveryError(f"The {name} was not ready in time:\n{self._stack.last_lines(name)}")
                await asyncio.sleep(_LOOK_S)

    async def tend(self) -> None:
        """Until cancelled. Raises RecoveryError if something else than the engine ends."""
        while True:
            for name in self._stack.take_ended():
                self._tend(name)
            await asyncio.sleep(_LOOK_S)

    async def dismiss(self) -> None:
        """Ask all to end, and wait until they have."""
        posts, self._posts = self._posts, {}
        await asyncio.gather(*self._leaving, *(self._ended(name) for name in posts))

    def _tend(self, name: str) -> None:
        if (post := self._posts.pop(name, None)) is None:
            raise RecoveryError(f"The {name} has ended:\n{self._stack.last_lines(name)}")
        if post in self._wanted:
            if time.monotonic() - self._since_s[name] > _STARTS_WITHIN_S:
                self.died.append(f"{name}: {self._stack.last_lines(name)}")
            self.restarted += 1
            self._start(post)

    async def _ended(self, name: str) -> None:
        try:
            await self._stack.stop(name)
        except RecoveryError as error:
            self.died.append(f"{name}: {error}")

    def _start(self, post: Post) -> str:
        match post.role:
            case "receiver":
                name = self._stack.start_receiver()
            case "poller":
                name = self._stack.start_poller(post.shard, ahead=post.shard >= SHARDS)
            case _:
                name = f"manager-{self._managers}"
                self._managers += 1
                self._stack.start(name, "bot")
        self._posts[name], self._since_s[name] = post, time.monotonic()
        return name

    def _is_ready(self, name: str, post: Post) -> bool:
        return self._stack.has_logged(name, *_READY[post.role])
