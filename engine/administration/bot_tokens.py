"""Which bot a token belongs to: Telegram is asked before a token is believed, and before it is stored."""

import re
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from engine.administration.bots import Identity
from engine.core.errors import NotFoundError, UnreachableError
from engine.settings import Secret

_TOKEN: Final = re.compile(r"\d{1,20}:[\w-]{1,100}", re.ASCII)
_ANYWHERE: Final = re.compile(r"(?<!\d)\d{5,20}(?::|%3A)[\w-]{30,}", re.ASCII | re.IGNORECASE)
_NOT_THIS_TOKEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)
_PATIENCE: Final = aiohttp.ClientTimeout(total=20)


class _Answer(msgspec.Struct):
    ok: bool
    result: Identity | None = None
    error_code: int = 0


def holds_a_token(text: str) -> bool:
    """Whether a text holds what looks like a bot's token, and so must not be shown to anybody."""
    return _ANYWHERE.search(text) is not None


async def who_is(api_url: str, token: Secret) -> Identity:
    """Raises NotFoundError for an invalid or revoked token, UnreachableError."""
    if not _TOKEN.fullmatch(token.reveal()):
        raise NotFoundError("This is not a bot's token: copy it again from @BotFather, such as 123456:ABC-DEF.")
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.get(f"{api_url}/bot{token.reveal()}/getMe") as response,
        ):
            answer = msgspec.json.decode(await response.read(), type=_Answer)
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreachableError("The Bot API does not answer: check TELEGRAM_API_URL and the network.") from error
    if answer.error_code in _NOT_THIS_TOKEN:
        raise NotFoundError("Telegram does not know this token: copy it again from @BotFather.")
    if answer.result is None:
        raise UnreachableError(f"The Bot API refuses to answer now ({answer.error_code}): try again in a minute.")
    return answer.result
