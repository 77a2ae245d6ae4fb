"""Long polling: the wait between an empty queue and its next update.

A bot has one poll. A second one ends the first with a conflict and takes its place, as on the server; a poll whose
client has left does not count. A revoked token and a webhook also end the poll.
"""

import asyncio
from enum import Enum, auto

from bench.sandbox import errors
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.bot_api.methods.updates import begin_poll, waiting_updates
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.updates import Queued

GET_UPDATES = "getupdates"


class _End(Enum):
    WOKEN = auto()
    TIME_OUT = auto()
    CONFLICT = auto()


class LongPolls:
    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[_End]] = {}

    async def fetch(self, call: Call) -> list[Queued]:
        self._end(call.bot, _End.CONFLICT)
        poll = begin_poll(call)
        batch = waiting_updates(call.bot, poll)
        if batch or not poll.seconds:
            return batch
        token = call.bot.token
        if await self._wait(call.bot, poll.seconds) is _End.CONFLICT:
            raise ApiError(errors.OTHER_POLL)
        if call.bot.token != token:
            raise ApiError(errors.UNAUTHORIZED)
        if call.bot.webhook is not None:
            raise ApiError(errors.WEBHOOK_SET)
        return waiting_updates(call.bot, poll)

    async def _wait(self, bot: Bot, seconds: int) -> _End:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_End] = loop.create_future()
        self._waiting[bot.id] = future
        bot.wake = lambda: self._end(bot, _End.WOKEN)
        alarm = loop.call_later(seconds, self._end, bot, _End.TIME_OUT)
        try:
            return await future
        finally:
            alarm.cancel()
            if self._waiting.get(bot.id) is future:
                del self._waiting[bot.id]
                bot.wake = None

    def _end(self, bot: Bot, how: _End) -> None:
        future = self._waiting.get(bot.id)
        if future is not None and not future.done():
            future.set_result(how)
