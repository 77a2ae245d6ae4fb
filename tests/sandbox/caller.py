"""A bare HTTP caller of the Bot API, so that tests see what is really on the wire."""

import io
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.sandbox.protocol import BotInfo


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


def form_of(**fields: Any) -> aiohttp.FormData:
    """A multipart body; a field of bytes, or of a name with bytes, becomes a file."""
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        if isinstance(value, bytes):
            form.add_field(name, io.BytesIO(value), filename="file")
        elif isinstance(value, tuple):
            form.add_field(name, io.BytesIO(value[1]), filename=value[0])
        else:
            form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    return form


async def upload(bot: Caller, method: str, **fields: Any) -> Reply:
    async with bot.session.post(f"{bot.url}/{method}", data=form_of(**fields)) as answer:
        return await reply(answer)
