"""When the handling of an update fails: one line in the log, and an excuse to whoever waits for an answer."""

from aiogram.exceptions import TelegramAPIError
from aiogram.types import Message, User

from bot.framework import replies
from bot.framework.query_answer import QueryAnswer
from engine.core.errors import RecoveryError
from engine.runtime.telemetry import logger


async def excuse_to_writer(message: Message, user: User, error: Exception) -> None:
    _log(error, user)
    try:
        await message.answer(replies.excuse(user, error))
    except TelegramAPIError as refused:
        logger().info("Excuse not sent", admin=user.id, error=refused)


async def excuse_to_presser(answer: QueryAnswer, user: User, error: Exception) -> None:
    _log(error, user)
    await answer.give(replies.excuse(user, error))


def _log(error: Exception, user: User) -> None:
    """One line for what is known to fail; a traceback for what nobody expected."""
    if isinstance(error, RecoveryError):
        logger().warning("Manager failed", admin=user.id, error=error)
    elif isinstance(error, TelegramAPIError):
        logger().warning("Manager failed", admin=user.id, error=error, call=type(error.method).__name__)
    else:
        logger().exception("Manager failed", admin=user.id)
