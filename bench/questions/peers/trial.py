"""One trial of one way to do the work, in a database of its own in the Redis of the run."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from itertools import chain, count
from typing import Final, NamedTuple

import psutil

from bench.harness import process_usage
from bench.harness.stack import Stack
from bench.questions.peers.catalogue import OURS, Way
from bench.questions.peers.environments import Environment
from bench.questions.peers.figures import Lateness, Memory, Touches, lateness
from bench.questions.peers.script import Script, command_of, running
from engine.core.errors import RecoveryError
from storage.redis.client import Redis, open_redis

MESSAGES: Final = 5
"""Of a chat, in the trial of memory."""
_DATABASE: Final = 1
"""The engine's own data are in 0."""
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.02
_STEADY_S: Final = 0.5
_STEADY: Final = 0.002
"""By this part of itself, a server or a process may change in that time and count as steady."""
_START_S: Final = 2.0
"""A script takes less to start."""
_ARMS_PER_S: Final = 700.0
"""Until it is known how many touches a second a script does."""
_SLOWER: Final = 2
"""Arming may be slower than touching by this, because workers take in what is armed at the same time."""
_TRIES: Final = 3
_LOGS: Final = count()


class Scale(NamedTuple):
    """`touched` and `remembered`: chats of the trials of touches and of memory.

    `patience_s`: how long after the last due a worker may begin.
    """

    touched: int
    remembered: int
    touch_s: float
    fire_s: float
    patience_s: float


class _Held(NamedTuple):
    """Bytes."""

    redis: int
    workers: int


class Trial:
    def __init__(self, stack: Stack, scale: Scale, way: Way, environment: Environment) -> None:
        self._stack = stack
        self._scale = scale
        self._way = way
        self._environment = environment
        self._arms_per_s = _ARMS_PER_S
        self._url = f"{stack.env['REDIS_URL'].removesuffix('/0')}/{_DATABASE}"

    async def touch(self) -> Touches:
        valkey = process_usage.processes(self._stack.pids)["valkey"]
        async with self._empty():
            with self._client(chats=self._scale.touched, seconds=self._scale.touch_s) as client:
                await client.line_with("armed_s", _PATIENCE_S)
                before_s = process_usage.use(valkey).cpu_s
                done = await client.line_with("touches", _PATIENCE_S)
                redis_s = process_usage.use(valkey).cpu_s - before_s
        touches = done["touches"]
        self._arms_per_s = touches / done["seconds"] / _SLOWER
        return Touches(touches / done["seconds"], 1e6 * done["cpu_s"] / touches, 1e6 * redis_s / touches)

    async def memory(self) -> Memory:
        chats = self._scale.remembered
        async with self._empty() as redis:
            with ExitStack() as stack:
                workers = await self._workers(stack)
                before = await _steady(redis, workers)
                await self._arm(chats=chats)
                first = await _steady(redis, workers)
                await self._arm(chats=chats, messages=MESSAGES - 1)
                fifth = await _steady(redis, workers)
        return Memory(
            (first.redis - before.redis) / chats,
            (fifth.redis - before.redis) / chats,
            (fifth.workers - before.workers) / chats if self._way.workers_hold else None,
        )

    async def fire(self, rate: int) -> Lateness:
        return await (self._fire_ours(rate) if self._way.pins == OURS else self._fire_theirs(rate))

    async def _fire_ours(self, rate: int) -> Lateness:
        """On servers of its own: its pollers look into the first database."""
        with self._run(command_of("ours_fire", self._environment), rate=rate, seconds=self._scale.fire_s) as ours:
            late = Lateness(**await ours.line_with("p50", _PATIENCE_S))
            await ours.end(_PATIENCE_S)
            return late

    async def _fire_theirs(self, rate: int) -> Lateness:
        """Again, with more time to arm the timers, if the first were due before the last was armed."""
        for _ in range(_TRIES):
            if late := await self._fire_if_armed(rate):
                return late
            self._arms_per_s /= _SLOWER
        raise RecoveryError("It armed its timers too slowly: the first were due before the last was armed.")

    async def _fire_if_armed(self, rate: int) -> Lateness | None:
        chats = int(rate * self._scale.fire_s)
        async with self._empty():
            with ExitStack() as stack:
                workers = await self._workers(stack)
                messages = chats * self._way.asked.get("messages", 1)
                first_s = time.time() + _START_S + messages / self._arms_per_s
                client = stack.enter_context(self._client(chats=chats, first_s=first_s, rate=rate))
                armed = await client.line_with("armed_s", _PATIENCE_S)
                if armed["armed_s"] > first_s:
                    return None
                dues_s = [first_s + chat / rate for chat in range(chats)]
                return await _until_begun(dues_s, [*workers, client], self._scale.patience_s)

    async def _workers(self, stack: ExitStack) -> list[Script]:
        """They are ready once one of them has begun the work of a chat that is due at once."""
        commands = [[self._environment.command(word), *words] for word, *words in self._way.workers]
        workers = [stack.enter_context(self._run(command)) for command in commands]
        if workers:
            now_s = time.time()
            await self._arm(chats=1, first_s=now_s, rate=1)
            ready = await _until_begun([now_s], workers, _PATIENCE_S)
            if not ready.begun:
                raise RecoveryError(f"Its worker did nothing: {workers[0].last_line()}")
        return workers

    async def _arm(self, **asked: float) -> None:
        with self._client(**asked) as client:
            await client.line_with("armed_s", _PATIENCE_S)
            await client.end(_PATIENCE_S)

    def _client(self, **asked: float) -> AbstractContextManager[Script]:
        return self._run(command_of(self._way.script, self._environment), **asked)

    def _run(self, command: list[str], **asked: float) -> AbstractContextManager[Script]:
        env = {"REDIS_URL": self._url, "DATABASE_URL": self._stack.env["DATABASE_URL"]}
        log = self._stack.directory / f"{self._way.pins}-{next(_LOGS)}.log"
        return running(command, self._environment, env, {"messages": 1, **asked, **self._way.asked}, log)

    @asynccontextmanager
    async def _empty(self) -> AsyncIterator[Redis]:
        """The database, empty before and after."""
        redis = open_redis(self._url)
        try:
            await redis.flushdb()
            yield redis
            await redis.flushdb()
        finally:
            await redis.aclose()


async def _until_begun(dues_s: Sequence[float], scripts: Sequence[Script], patience_s: float) -> Lateness:
    begun_s: dict[int, float] = {}
    while len(begun_s) < len(dues_s) and time.time() < dues_s[-1] + patience_s:
        await asyncio.sleep(_LOOK_S)
        for line in chain.from_iterable(script.lines() for script in scripts):
            if "chat" in line:
                begun_s.setdefault(line["chat"], line["at_s"])
    return lateness(dues_s, begun_s, time.time())


async def _steady(redis: Redis, workers: Sequence[Script]) -> _Held:
    """What is held once it no longer changes: workers may still be taking in what was armed."""
    held, give_up = await _held(redis, workers), time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        await asyncio.sleep(_STEADY_S)
        before, held = held, await _held(redis, workers)
        if all(abs(now - then) <= _STEADY * then for now, then in zip(held, before, strict=True)):
            break
    return held


async def _held(redis: Redis, workers: Sequence[Script]) -> _Held:
    """In Redis without the buffers of its clients and of its append-only file."""
    memory = await redis.info("memory")
    buffers = memory["mem_clients_normal"] + memory["mem_aof_buffer"]
    used = (process_usage.use(psutil.Process(worker.pid)).rss for worker in workers)
    return _Held(memory["used_memory"] - buffers, sum(used))
