"""How a receiver asks the Bot API: one call, its answer or its refusal. Addresses hold tokens: none is logged."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import aiohttp
import msgspec

from engine.telegram.refused import UNREADABLE, Refused

_PATIENCE_S = 20


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
        """The body of the answer, whatever it says."""
        url = f"{self.api_url}/bot{self.token}/{method}"
        timeout = aiohttp.ClientTimeout(total=patience_s)
        try:
            async with self.session.post(url, data=data, timeout=timeout) as response:
                return await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            return Refused(0, type(error).__name__)

    async def ask(self, method: str, **data: Any) -> msgspec.Raw | Refused:
        """The result that a method gives."""
        body = await self.post(method, data)
        if isinstance(body, Refused):
            return body
        try:
            answer = msgspec.json.decode(body, type=_Answer)
        except UNREADABLE:
            return Refused(0, "the answer is not of the Bot API")
        return answer.result if answer.ok else Refused(answer.error_code, answer.description)
