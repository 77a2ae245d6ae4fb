"""Requests about the conditions under which bots work: how fast they may send, what time it is, and how their updates
are numbered.
"""

from aiohttp import web

from bench.sandbox import protocol
from bench.sandbox.bot_api.rate_limits import RateLimits
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.clock import Clock
from bench.sandbox.control.json_routes import answer, body
from bench.sandbox.world.state import State


class Conditions:
    def __init__(self, state: State, limits: RateLimits, clock: Clock, signal: ChangeSignal) -> None:
        self._state = state
        self._limits = limits
        self._clock = clock
        self._signal = signal

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/limits", self._get_limits),
            web.put("/limits", self._set_limits),
            web.put("/limits/{bot}", self._set_limits_of_bot),
            web.get("/time", self._get_time),
            web.put("/time", self._set_time),
            web.put("/numbers/{bot}", self._set_numbers),
        ]

    def forget(self) -> None:
        """Reset the clock, and make the limits forget what was sent."""
        self._clock.offset_ms = 0
        self._limits.forget()

    async def _get_limits(self, _: web.Request) -> web.Response:
        return self._limits_answer()

    async def _set_limits(self, request: web.Request) -> web.Response:
        self._limits.change(await body(request, protocol.LimitRules))
        return self._limits_answer()

    async def _set_limits_of_bot(self, request: web.Request) -> web.Response:
        bot = self._state.bot_named(request.match_info["bot"])
        self._limits.change_bot(bot.id, await body(request, protocol.LimitRules))
        return self._limits_answer()

    def _limits_answer(self) -> web.Response:
        own = {str(bot_id): rules for bot_id, rules in self._limits.rules_of_bots.items()}
        return answer(protocol.Limits(self._limits.rules, own))

    async def _get_time(self, _: web.Request) -> web.Response:
        return self._time_answer()

    async def _set_time(self, request: web.Request) -> web.Response:
        wanted = await body(request, protocol.NewTime)
        base_ms = self._clock.offset_ms if wanted.offset_ms is None else wanted.offset_ms
        self._clock.offset_ms = base_ms + wanted.by_ms
        self._signal.notify()
        return self._time_answer()

    async def _set_numbers(self, request: web.Request) -> web.Response:
        bot = self._state.bot_named(request.match_info["bot"])
        wanted = await body(request, protocol.NewNumbers)
        self._state.number_from(bot, wanted.first)
        return answer(None)

    def _time_answer(self) -> web.Response:
        return answer(protocol.Time(self._clock.now_ms(), self._clock.offset_ms))
