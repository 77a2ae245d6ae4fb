"""Waiting where the limits make a call wait: for its chat first, then for its bot."""

import asyncio
from typing import NamedTuple

from bench.sandbox.bot_api.counted_calls import is_counted, messages_in
from bench.sandbox.bot_api.exchange import Exchange
from bench.sandbox.bot_api.parameters import Parameters, boolean
from bench.sandbox.bot_api.rate_limits import RateLimits, Send
from bench.sandbox.clock import Clock


class Wait(NamedTuple):
    """How long a send waits for its chat; only if it need not, `bot_ms` is known before."""

    send: Send
    chat_ms: int
    bot_ms: int


class Throttle:
    def __init__(self, limits: RateLimits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock

    def wait_of(self, exchange: Exchange, given: Parameters) -> Wait | None:
        """Take a place for the call; None if it may go at once. Raises ApiError if it came too soon to wait."""
        if not (self._limits.on and is_counted(exchange.method.lower())):
            return None
        send, now_ms = _send(exchange, given), self._clock.steady_ms()
        chat_ms = self._limits.wait_for_chat(send, now_ms)
        bot_ms = 0 if chat_ms else self._limits.wait_for_bot(send, now_ms, 0)
        return Wait(send, chat_ms, bot_ms) if chat_ms or bot_ms else None

    async def passed(self, wait: Wait) -> int:
        """Wait, and give the ms that it took in all. Raises ApiError if the bot's place would be too late."""
        bot_ms = wait.bot_ms
        if wait.chat_ms:
            await _sleep(wait.chat_ms)
            bot_ms = self._limits.wait_for_bot(wait.send, self._clock.steady_ms(), wait.chat_ms)
        if bot_ms:
            await _sleep(bot_ms)
        return wait.chat_ms + bot_ms


def _send(exchange: Exchange, given: Parameters) -> Send:
    paid = "allow_paid_broadcast" in given and boolean(given, "allow_paid_broadcast")
    messages = messages_in(exchange.method.lower(), given)
    return Send(exchange.bot_id, exchange.asked.chat_id or 0, exchange.method, messages, paid)


async def _sleep(wait_ms: int) -> None:
    """A millisecond longer than asked, since both clocks cut off fractions."""
    await asyncio.sleep((wait_ms + 1) / 1000)
