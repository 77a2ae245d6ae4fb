"""Which bot a token belongs to: Telegram is asked before a token is believed, and before it is stored."""

import re
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from engine.administration.bots import Identity
from engine.core.errors import NotFoundError, RecoveryError, UnreachableError
from engine.settings import Secret
from engine.telegram.client import BotApi
from engine.telegram.refused_call import UNREADABLE, Refused

_TOKEN: Final = re.compile(r"\d{1,20}:[\w-]{1,100}", re.ASCII)
_NOT_THIS_TOKEN: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND)


async def who_is(api_url: str, token: Secret) -> Identity:
    """Raises NotFoundError for an invalid or revoked token, UnreachableError."""
    if not _TOKEN.fullmatch(token.reveal()):
        raise NotFoundError("This is not a bot's token: copy it again from @BotFather, such as 123456:ABC-DEF.")
    async with aiohttp.ClientSession() as session:
        answer = await BotApi(session, api_url, token.reveal()).ask("getMe")
    if isinstance(answer, Refused):
        raise _refusal(answer)
    try:
        return msgspec.json.decode(answer, type=Identity)
    except UNREADABLE as error:
        raise _no_answer() from error


def _refusal(refused: Refused) -> RecoveryError:
    if not refused.code:
        return _no_answer()
    if refused.code in _NOT_THIS_TOKEN:
        return NotFoundError("Telegram does not know this token: copy it again from @BotFather.")
    return UnreachableError(f"The Bot API refuses to answer now ({refused.code}): try again in a minute.")


def _no_answer() -> UnreachableError:
    return UnreachableError("The Bot API does not answer: check TELEGRAM_API_URL and the network.")
