"""aiogram's session for the manager, which gets aiogram's models: bounded as all our calls are, and silent about the
address.

aiogram's own follows redirects, reads an answer of any length, and quotes the address in its errors.
"""

from typing import Any

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiohttp import ClientTimeout

from engine.telegram.exchange import Redirected, Response, exchange


class ModelSession(AiohttpSession):
    def __init__(self, api_url: str) -> None:
        super().__init__(api=TelegramAPIServer.from_base(api_url))

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None) -> Any:  # noqa: ASYNC109 - aiogram's signature
        """The result. Raises TelegramAPIError, and ClientDecodeError for an answer that is not the Bot API's."""
        exchanged = await exchange(
            await self.create_session(),
            self.api.api_url(bot.token, method.__api_method__),
            self.build_form_data(bot, method),
            ClientTimeout(self.timeout if timeout is None else timeout),
        )
        match exchanged:
            case Response(status, body):
                return self.check_response(bot, method, status, body.decode(errors="replace")).result
            case Redirected():
                raise TelegramNetworkError(method, "the answer names another address")
        raise TelegramNetworkError(method, exchanged.why)
