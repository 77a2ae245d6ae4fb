"""A bare HTTP caller of the Bot API, so that tests see what really stands on the wire."""

from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.sandbox.wire import BotInfo


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: dict[str, Any]
    retry_after: str | None

    @property
    def result(self) -> Any:
        assert self.content["ok"], self.content
        return self.content["result"]

    @property
    def refusal(self) -> tuple[int, str]:
        """Code and description; the HTTP status must say the same."""
        assert self.content["error_code"] == self.status
        assert self.content["ok"] is False
        return self.status, self.content["description"]


class Caller:
    """Calls methods of one bot with JSON bodies."""

    def __init__(self, session: aiohttp.ClientSession, api_url: str, bot: BotInfo) -> None:
        self.session = session
        self.bot = bot
        self.url = f"{api_url}/bot{bot.token}"

    async def __call__(self, method: str, **parameters: Any) -> Reply:
        async with self.session.post(f"{self.url}/{method}", json=parameters) as answer:
            return await reply(answer)


async def reply(answer: aiohttp.ClientResponse) -> Reply:
    return Reply(answer.status, await answer.json(), answer.headers.get("Retry-After"))
