"""What a bot asked lately about one chat, and what it was answered: for reading beside the chat."""

from aiohttp import web

from bench.sandbox import protocol
from bench.sandbox.bot_api.exchange import Exchange
from bench.sandbox.bot_api.request_log import RequestLog
from bench.sandbox.control.json_routes import answer, path_number
from bench.sandbox.world.state import State

_LISTED = 60
_LONGEST_ANSWER = 20_000


class ExchangeRoutes:
    def __init__(self, state: State, log: RequestLog) -> None:
        self._state = state
        self._log = log

    def routes(self) -> list[web.RouteDef]:
        return [web.get(r"/exchanges/{bot}/{person:\d+}", self._list)]

    async def _list(self, request: web.Request) -> web.Response:
        """Answer the newest exchanges about the chat, the newest first."""
        bot = self._state.bot_named(request.match_info["bot"])
        found = self._log.recent(bot.id, path_number(request, "person"))
        return answer([_told(exchange) for exchange, _ in zip(found, range(_LISTED), strict=False)])


def _told(exchange: Exchange) -> protocol.Exchanged:
    done, ended = exchange.done, exchange.ended
    return protocol.Exchanged(
        exchange.seq,
        exchange.method,
        exchange.arrived_ms,
        exchange.asked.given,
        status=int(done.answer.status) if done else None,
        answer=done.answer.body[:_LONGEST_ANSWER].decode(errors="replace") if done else "",
        fault=exchange.fault,
        completed_ms=ended.completed_ms if ended else None,
    )
