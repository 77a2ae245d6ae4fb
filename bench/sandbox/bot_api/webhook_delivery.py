"""Delivering updates to webhooks as the server does it.

- A strand has one update in flight; strands run in parallel, over at most `max_connections` connections.
- Only the oldest updates are in hand, two for each connection, so a stuck strand may delay all others.
- Only 2xx acknowledges; redirects are not followed. A method named in the answer is served without an answer.
- A failed delivery is tried again: at once, then after 2, 4, 8 ... seconds, or when the receiver asks for it.
- A webhook that is removed or replaced takes its connections with it; updates in flight are delivered again.

Unlike here, the server opens few connections while none has succeeded lately, and drops an update after a day and a
webhook after a day of 410.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from types import TracebackType
from typing import NamedTuple, Self

import aiohttp
from yarl import URL

from bench.sandbox.bot_api.fault_effects import answer_instead, damaged
from bench.sandbox.bot_api.faults import SERVED, Faults, Occasion
from bench.sandbox.bot_api.response import DroppedError
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.protocol import DELIVERY, Fault, FaultKind
from bench.sandbox.world.bot import Bot, Webhook
from bench.sandbox.world.state import State
from bench.sandbox.world.updates import UNKNOWN_UPDATE, Queued, Strand

Reply = Callable[[Bot, str, bytes], Awaitable[None]]
_SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
_SILENCE_S = 60.0
_LONGEST_DELAY_S = 60
_LONGEST_ANSWER = 1024 * 1024
_LONGEST_RETRY_AFTER_S = 3600


class Failure(NamedTuple):
    """Why an update was not taken, in the server's words; None for a connection that just closed."""

    error: str | None
    retry_after: int = 0


@dataclass(slots=True)
class Backoff:
    """How long one update waits after each failure."""

    failures: int = 0
    delay_s: int = 1

    def after(self, failure: Failure) -> int:
        first = self.failures == 0
        self.failures += 1
        if failure.retry_after > 0:
            return min(failure.retry_after, _LONGEST_RETRY_AFTER_S)
        if first:
            return 0
        self.delay_s = min(self.delay_s * 2, _LONGEST_DELAY_S)
        return self.delay_s


class Deliveries:
    """The couriers of all bots. `second` is how long one second of the back-off lasts."""

    def __init__(
        self, state: State, faults: Faults, signal: ChangeSignal, clock: Callable[[], int], *, second: float = 1.0
    ) -> None:
        self.state = state
        self.faults = faults
        self.signal = signal
        self.clock = clock
        self.second = second
        self.reply: Reply | None = None
        self._couriers: dict[int, Courier] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # The couriers limit the connections, so the session must not.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_SILENCE_S, sock_read=_SILENCE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self.state.deliver = self._look
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for courier in self._couriers.values():
            courier.stop()
        if self._running:
            await asyncio.wait(self._running)
        await self.session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("open the deliveries with `async with` before a webhook is set")
        return self._session

    def start(self, courier: "Courier", strand: Strand) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(courier.drain(strand))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _look(self, bot: Bot) -> None:
        """Follow the bot's webhook: a courier serves one and stops when it is gone."""
        courier = self._couriers.get(bot.id)
        if courier is not None and courier.hook is not bot.webhook:
            del self._couriers[bot.id]
            courier.stop()
            courier = None
        if courier is None and bot.webhook is not None:
            courier = self._couriers[bot.id] = Courier(self, bot, bot.webhook)
        if courier is not None:
            courier.load()


class Courier:
    """Carries one bot's updates to one webhook."""

    def __init__(self, office: Deliveries, bot: Bot, hook: Webhook) -> None:
        self.hook = hook
        self._office = office
        self._bot = bot
        self._target = URL(hook.url)
        self._headers = {"Content-Type": "application/json"}
        if hook.secret_token:
            self._headers[_SECRET_HEADER] = hook.secret_token
        self._connections = asyncio.Semaphore(hook.max_connections)
        self._most_in_hand = 2 * hook.max_connections
        self._in_hand = 0
        self._strands: dict[Strand, deque[Queued]] = {}
        self._tasks: dict[Strand, asyncio.Task[None]] = {}

    def stop(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    def load(self) -> None:
        """Take the oldest updates in hand; those in hand are the first in the bot's queue."""
        for update in islice(self._bot.updates.values(), self._in_hand, self._most_in_hand):
            self._in_hand += 1
            waiting = self._strands.setdefault(update.strand, deque())
            waiting.append(update)
            if update.strand not in self._tasks:
                self._tasks[update.strand] = self._office.start(self, update.strand)

    async def drain(self, strand: Strand) -> None:
        """Deliver a strand's updates in hand, one after the other."""
        waiting = self._strands[strand]
        try:
            while waiting:
                await self._deliver(waiting[0])
                self._taken(waiting.popleft())
        finally:
            del self._strands[strand], self._tasks[strand]

    def _taken(self, update: Queued) -> None:
        self._in_hand -= 1
        self._office.state.take(self._bot, update.update_id, self._office.clock())
        self._office.signal.notify()
        self.load()

    async def _deliver(self, update: Queued) -> None:
        """Try until the receiver takes it."""
        backoff = Backoff()
        while failure := await self._tried(update):
            self.hook.failed(failure.error, self._office.clock())
            self._office.signal.notify()
            await asyncio.sleep(backoff.after(failure) * self._office.second)

    async def _tried(self, update: Queued) -> Failure | None:
        async with self._connections:
            self.hook.in_flight += 1
            try:
                return await self._under_faults(update)
            finally:
                self.hook.in_flight -= 1

    async def _under_faults(self, update: Queued) -> Failure | None:
        call = Occasion(self._bot.id, update.strand.chat_id, DELIVERY, self._office.clock())
        verdict = self._office.faults.judge(call)
        if verdict.latency_ms:
            await asyncio.sleep(verdict.latency_ms / 1000)
        if verdict.fault is None:
            return await self._post(update.body)
        return await self._struck(verdict.fault, update)

    async def _struck(self, fault: Fault, update: Queued) -> Failure | None:
        if fault.kind is FaultKind.UNKNOWN_UPDATE and update.strand.kind != UNKNOWN_UPDATE:
            self._office.state.queue_unknown(self._bot)
        if fault.kind in SERVED:
            failure = await self._post(damaged(fault.kind, update.body))
            return Failure(None) if fault.kind is FaultKind.ACCEPT_THEN_DROP else failure
        return await _answered_in_its_place(fault)

    async def _post(self, body: bytes | bytearray) -> Failure | None:
        try:
            async with (
                asyncio.timeout(_SILENCE_S),
                self._office.session.post(
                    self._target, data=body, headers=self._headers, allow_redirects=False
                ) as answer,
            ):
                content = await _beginning(answer)
        except (aiohttp.ClientError, TimeoutError) as error:
            return Failure(_described(error))
        failure = _judged(answer)
        if failure is None and content and self._office.reply:
            await self._office.reply(self._bot, answer.content_type, content)
        return failure


async def _beginning(answer: aiohttp.ClientResponse) -> bytes:
    """Read the answer, up to a length that no method exceeds."""
    body = bytearray()
    async for part in answer.content.iter_any():
        body += part
        if len(body) > _LONGEST_ANSWER:
            break
    return bytes(body)


async def _answered_in_its_place(fault: Fault) -> Failure:
    try:
        answer = await answer_instead(fault)
    except DroppedError:
        return Failure(None)
    return _wrong(answer.status, HTTPStatus(answer.status).phrase, answer.retry_after or 0)


def _judged(answer: aiohttp.ClientResponse) -> Failure | None:
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    asked = answer.headers.get("Retry-After", "")
    return _wrong(answer.status, answer.reason or "", int(asked) if asked.isdecimal() else 0)


def _wrong(status: int, reason: str, retry_after: int) -> Failure:
    return Failure(f"Wrong response from the webhook: {status} {reason}", retry_after)


def _described(error: Exception) -> str | None:
    """Describe it as the server does: the kernel's error, or which time-out passed."""
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "Connection timed out"
    if isinstance(error, TimeoutError):
        return "Read timeout expired"
    return None if isinstance(error, aiohttp.ServerDisconnectedError) else str(error)
