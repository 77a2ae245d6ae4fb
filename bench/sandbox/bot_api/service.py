"""Serving a call: faults, then limits, then the method, then what came of it is counted and put into the exchange.

A stage hands its result to the next one and looks at none behind it. The log is not written here: it makes its row of
the exchange when the request ends.
"""

import asyncio
from typing import Any

import msgspec

from bench.sandbox.bot_api.exchange import Done, Exchange
from bench.sandbox.bot_api.fault_effects import Perform, answer_instead, damaged, happen_before
from bench.sandbox.bot_api.faults import SERVED, Faults, Occasion
from bench.sandbox.bot_api.long_polling import GET_UPDATES, LongPolls
from bench.sandbox.bot_api.methods import METHODS
from bench.sandbox.bot_api.methods.call import Call, Confirmed
from bench.sandbox.bot_api.methods.sending import sent_by, substance
from bench.sandbox.bot_api.methods.unmodelled import answer_unmodelled, note_violations
from bench.sandbox.bot_api.rate_limits import RateLimits
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.bot_api.response import Answer, DroppedError, accepted, refused
from bench.sandbox.bot_api.running import Running
from bench.sandbox.bot_api.throttle import Throttle, Wait
from bench.sandbox.clock import Clock
from bench.sandbox.errors import ApiError
from bench.sandbox.protocol import Fault, FaultKind
from bench.sandbox.world.counters import Counters

_encode = msgspec.json.Encoder().encode


class Service:
    def __init__(
        self,
        counters: Counters,
        faults: Faults,
        limits: RateLimits,
        log: RequestLog,
        clock: Clock,
        running: Running,
        perform: Perform,
    ) -> None:
        self._counters = counters
        self._faults = faults
        self._throttle = Throttle(limits, clock)
        self._log = log
        self._clock = clock
        self._running = running
        self._perform = perform
        self._polls = LongPolls()

    async def serve(self, call: Call, exchange: Exchange) -> Answer:
        """Serve a call under the faults that strike it. Raises DroppedError where it gets no answer."""
        if not self._faults.on:
            return await self.work(call, exchange)
        verdict = self._faults.judge(_occasion(call, exchange))
        exchange.fault = verdict.label
        answer = await self._under(verdict.fault, call, exchange)
        if verdict.latency_ms:
            await asyncio.sleep(verdict.latency_ms / 1000)
        if verdict.fault is not None and verdict.fault.kind is FaultKind.ACCEPT_THEN_DROP:
            raise DroppedError
        return answer

    async def work(self, call: Call, exchange: Exchange) -> Answer:
        """Serve a call that no fault strikes."""
        method = exchange.method.lower()
        note_violations(call, method)
        try:
            if method == GET_UPDATES:
                done = await self._poll(call)
            elif wait := self._throttle.wait_of(exchange, call.given):
                return await self._running.to_its_end(self._work_later(wait, call, exchange))
            else:
                done = _run(call, method)
        except ApiError as error:
            done = Done(refused(error))
        return self.conclude(exchange, done)

    def conclude(self, exchange: Exchange, done: Done) -> Answer:
        """Count what came of a call, and put it into the exchange. An edited message does not count as sent."""
        exchange.done, answer = done, done.answer
        if answer.ok:
            self._counters.accepted(exchange.bot_id, exchange.method)
        else:
            self._counters.rejected(exchange.bot_id, answer.reason)
        for message in done.messages:
            if message.edit_date is None:
                seen, now_ms = substance(message), self._clock.steady_ms()
                self._counters.sent(exchange.bot_id, message.chat.id, seen, now_ms)
        return answer

    async def _under(self, fault: Fault | None, call: Call, exchange: Exchange) -> Answer:
        """Where a fault lets the work be done, the exchange holds what came of the work, not what was answered."""
        if fault is None:
            return await self.work(call, exchange)
        happen_before(fault.kind, call.state, call.bot, exchange.asked.chat_id or 0, call.now_ms, self._perform)
        if fault.kind in SERVED:
            answer = await self.work(call, exchange)
            return answer._replace(body=damaged(fault.kind, answer.body))
        if fault.accepted:
            await self.work(call, exchange)
            return await answer_instead(fault)
        return self.conclude(exchange, Done(await answer_instead(fault)))

    async def _poll(self, call: Call) -> Done:
        updates = await self._polls.fetch(call)
        return Done(accepted(b"[" + b",".join(update.body for update in updates) + b"]"), updates=len(updates))

    async def _work_later(self, wait: Wait, call: Call, exchange: Exchange) -> Answer:
        """Serve a call when its wait is over, even if its client leaves meanwhile."""
        absorbed_ms = None
        try:
            absorbed_ms = await self._throttle.passed(wait)
            done = _run(call._replace(now_ms=self._clock.now_ms()), exchange.method.lower())
        except ApiError as error:
            done = Done(refused(error))
        answer = self.conclude(exchange, done._replace(absorbed_ms=absorbed_ms))
        self._log.work_done(exchange)
        return answer


def _occasion(call: Call, exchange: Exchange) -> Occasion:
    chat_id = exchange.asked.chat_id
    chat = call.bot.conversations.get(chat_id or 0)
    message = 1 if chat is None else chat.from_bot + 1
    return Occasion(call.bot.id, chat_id, exchange.method.lower(), call.now_ms, message)


def _run(call: Call, method: str) -> Done:
    """Run a method, in lower case, and render its result. Raises ApiError."""
    modelled = METHODS.get(method)
    result: Any = answer_unmodelled(call, method) if modelled is None else modelled(call)
    if isinstance(result, Confirmed):
        return Done(accepted(b"true", result.description))
    if isinstance(result, Answer):
        return Done(result)
    return Done(accepted(_encode(result)), sent_by(call, result))
