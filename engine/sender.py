"""The only door through which a message leaves, by aiogram. What comes of a send is a value, never an exception.

aiogram's traps, each met here: an HTML error page, a refused model and a truncated body are all `ClientDecodeError`,
although the message may have arrived; a 413 is a network error by class; a server error without a description ends in a
`TypeError`. Only a connection that was never made surely did not send.
"""

from typing import Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    RestartingTelegram,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramConflictError,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiohttp import ClientConnectorError, ClientTimeout, ConnectionTimeoutError

from engine.core.content import Content, Text
from engine.core.outcome import Outcome, Sent, Unknown, not_sent, of_refusal

TIMEOUT_S: Final = 30
_CONNECT_S: Final = 5
_CONNECTIONS: Final = 1_000
_NEVER_CONNECTED: Final = (ClientConnectorError, ConnectionTimeoutError)
_CODES: Final[tuple[tuple[type[TelegramAPIError], int], ...]] = (
    (TelegramRetryAfter, 429),
    (TelegramBadRequest, 400),
    (TelegramUnauthorizedError, 401),
    (TelegramForbiddenError, 403),
    (TelegramNotFound, 404),
    (TelegramConflictError, 409),
    (RestartingTelegram, 500),
    (TelegramServerError, 500),
    (TelegramEntityTooLarge, 413),
)


class Sender:
    def __init__(self, api_url: str) -> None:
        patience = ClientTimeout(total=TIMEOUT_S, sock_connect=_CONNECT_S)
        self._session = AiohttpSession(
            api=TelegramAPIServer.from_base(api_url),
            limit=_CONNECTIONS,
            timeout=patience,
        )

    async def send(self, token: str, chat_id: int, content: Content, attempts: int) -> Outcome:
        """Send one message, on its nth attempt (from 1)."""
        bot = Bot(token, session=self._session)
        text = content.text if isinstance(content, Text) else ""
        try:
            message = await bot.send_message(chat_id, text, parse_mode="HTML")
        except (TimeoutError, TelegramAPIError, ClientDecodeError, TypeError) as error:
            return _outcome(error, attempts)
        return Sent((message.message_id,))

    async def is_authorized(self, token: str) -> bool | None:
        """Ask Telegram who the bot is: None when it does not answer."""
        try:
            await Bot(token, session=self._session).get_me()
        except TelegramUnauthorizedError:
            return False
        except (TimeoutError, TelegramAPIError, ClientDecodeError, TypeError):
            return None
        return True

    async def close(self) -> None:
        await self._session.close()


def _outcome(error: Exception, attempts: int) -> Outcome:
    for kind, code in _CODES:
        if isinstance(error, kind):
            retry_after = error.retry_after if isinstance(error, TelegramRetryAfter) else None
            return of_refusal(code, error.message, retry_after, attempts)
    if isinstance(error, TelegramNetworkError) and isinstance(error.__cause__, _NEVER_CONNECTED):
        return not_sent(attempts)
    if type(error) is TelegramAPIError and "too many requests" in str(error).lower():
        return of_refusal(429, str(error), None, attempts)
    return Unknown(type(error).__name__)
