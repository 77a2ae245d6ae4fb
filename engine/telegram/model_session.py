"""aiogram's session for the manager, which gets aiogram's models: bounded as our own is, and silent about the address.

aiogram's own follows redirects, reads an answer of any length, and quotes the address in its errors.
"""

from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiohttp import ClientError, ClientTimeout

from engine.telegram.answer_body import read_body


class ModelSession(AiohttpSession):
    def __init__(self, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url))

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109 - aiogram's signature
        """The result. Raises TelegramAPIError, and ClientDecodeError for an answer that is not the Bot API's."""
        session = await self.create_session()
        request: dict[str, Any] = {
            "url": self.api.api_url(bot.token, method.__api_method__),
            "data": self.build_form_data(bot, method),
            "timeout": ClientTimeout(self.timeout if timeout is None else timeout),
            "allow_redirects": False,
        }
        try:
            async with session.post(**request) as response:
                content = (await read_body(response)).decode(errors="replace")
        except (TimeoutError, ClientError) as error:
            raise TelegramNetworkError(method, type(error).__name__) from None
        return self.check_response(bot, method, response.status, content).result
