"""A plain call of the Bot API, as JSON: its answer, or its refusal. URLs contain tokens, so none is logged."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import msgspec

from engine.telegram.answer_body import MOST, MOST_UPDATES
from engine.telegram.exchange import JSON, Redirected, Response, exchange
from engine.telegram.refused_call import NOT_THE_BOT_API, REDIRECTED, UNREADABLE, Refused

_PATIENCE_S = 20
_LONGER = {"getUpdates": MOST_UPDATES}


class _Answer(msgspec.Struct):
    ok: bool
    result: msgspec.Raw = msgspec.Raw(b"null")
    error_code: int = 0
    description: str = ""


class BotApi(NamedTuple):
    session: aiohttp.ClientSession
    api_url: str
    token: str

    async def post(self, method: str, data: Mapping[str, Any], patience_s: float = _PATIENCE_S) -> bytes | Refused:
        """The body of the answer, an error included."""
        url = f"{self.api_url}/bot{self.token}/{method}"
        timeout = aiohttp.ClientTimeout(total=patience_s)
        exchanged = await exchange(
            self.session, url, msgspec.json.encode(data), timeout, JSON, _LONGER.get(method, MOST)
        )
        match exchanged:
            case Response(body=body):
                return body
            case Redirected():
                return REDIRECTED
        return Refused(0, exchanged.why)

    async def ask(self, method: str, **data: Any) -> msgspec.Raw | Refused:
        """The result of a method."""
        body = await self.post(method, data)
        if isinstance(body, Refused):
            return body
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except UNREADABLE:
            return NOT_THE_BOT_API
        return answer.result if answer.ok else Refused(answer.error_code, answer.description)
