"""Answers who asked for no more reminders: the tap at once, and one line in the chat, with a button that takes it back.

An answer is a courtesy: the opt-out stands before it, and nobody waits for it. When ten thousand people tap at once,
every tap is still answered within seconds by its own notice, which costs nothing of the bot's pace; the lines go out at
five a second, which is what Telegram's 30 leave beside a lane's 25, and those that would come a minute late are left
out. A wish that is brought again is not answered again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from engine.receiver.reply_texts import texts_for
from engine.receiver.task_queue import Errands
from engine.receiver.updates import UNDO, Wish
from engine.runtime.telemetry import logger
from engine.telegram.client import BotApi
from engine.telegram.refused import Refused

LINES_PER_S: Final = 5
REST_S: Final = 5.0
"""How long a hand rests when Telegram says that it is too much: the lane needs the room more."""
_TAPS_AT_ONCE: Final = 8
_TOO_MANY: Final = 429
_REMEMBERED: Final = 20_000


class Reply(NamedTuple):
    bot_id: int
    chat_id: int
    language: str | None
    wish: Wish


class _Hands(NamedTuple):
    """A bot's own, so that one herd delays no other bot."""

    taps: Errands[Reply]
    lines: Errands[Reply]


class Replies:
    """`api_of` speaks as a bot; None when there is no such bot, or its token cannot be read."""

    def __init__(self, api_of: Callable[[int], BotApi | None]) -> None:
        self._api_of = api_of
        self._hands: dict[int, _Hands] = {}
        self._known: OrderedDict[tuple[int, str], None] = OrderedDict()

    def knows(self, bot_id: int, wish: Wish) -> bool:
        """Was it fulfilled and answered before?"""
        return (bot_id, wish.key) in self._known

    def put(self, reply: Reply) -> None:
        """Answer a wish that is fulfilled; returns at once."""
        self._known[reply.bot_id, reply.wish.key] = None
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        if reply.bot_id not in self._hands:
            lines = Errands(self._say, 1, 1 / LINES_PER_S)
            self._hands[reply.bot_id] = _Hands(Errands(self._answer_tap, _TAPS_AT_ONCE), lines)
        if reply.wish.query_id:
            self._hands[reply.bot_id].taps.put(reply)
        self._hands[reply.bot_id].lines.put(reply)

    def end(self) -> None:
        for hands in self._hands.values():
            hands.taps.end()
            hands.lines.end()

    async def _answer_tap(self, reply: Reply) -> None:
        await self._ask(reply, "answerCallbackQuery", callback_query_id=reply.wish.query_id or "", text=_text(reply))

    async def _say(self, reply: Reply) -> None:
        """An undo changes the line that it was tapped on; where that is not possible, it says so anew."""
        if reply.wish.undo and reply.wish.message_id and await self._edit(reply, reply.wish.message_id):
            return
        keyboard = {} if reply.wish.undo else {"reply_markup": _undo_button(reply.language)}
        await self._ask(reply, "sendMessage", chat_id=str(reply.chat_id), text=_text(reply), **keyboard)

    async def _edit(self, reply: Reply, message_id: int) -> bool:
        where = {"chat_id": str(reply.chat_id), "message_id": str(message_id)}
        return await self._ask(reply, "editMessageText", **where, text=_text(reply))

    async def _ask(self, reply: Reply, method: str, **data: str) -> bool:
        """Whether Telegram did it."""
        api = self._api_of(reply.bot_id)
        answer = await api.ask(method, **data) if api else Refused(0, "the bot is not known any more")
        if not isinstance(answer, Refused):
            return True
        logger().info(
            "Reply not taken",
            bot=reply.bot_id,
            chat=reply.chat_id,
            method=method,
            code=answer.code,
            description=answer.description,
        )
        if answer.code == _TOO_MANY:
            await asyncio.sleep(REST_S)
        return False


def _text(reply: Reply) -> str:
    lines = texts_for(reply.language)
    return lines.undone if reply.wish.undo else lines.stopped


def _undo_button(language: str | None) -> str:
    button = {"text": texts_for(language).undo, "callback_data": UNDO}
    return msgspec.json.encode({"inline_keyboard": [[button]]}).decode()
