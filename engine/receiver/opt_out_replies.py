"""Replies to people who opt out of reminders: a notice on the tap, and one message in the chat with an undo button.

A reply is a courtesy: the opt-out is already stored, and nothing waits for the reply. When ten thousand people tap at
once, every tap still gets its notice within seconds, which does not count against the bot's pace. The messages go out
at five a second, which is what Telegram's 30 leave beside a lane's 25; those that would be a minute late are dropped.
A wish that arrives again is not answered again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from engine.receiver.events import Wish
from engine.receiver.reply_texts import texts_for
from engine.receiver.update_kinds import UNDO
from engine.runtime.task_queue import TaskQueue
from engine.runtime.telemetry import logger
from engine.telegram.client import BotApi
from engine.telegram.refused_call import Refused

LINES_PER_S: Final = 5
REST_S: Final = 5.0
"""How long to pause when Telegram says that it is too much: the lane needs the capacity more."""
_TAPS_AT_ONCE: Final = 8
_TOO_MANY: Final = 429
REMEMBERED: Final = 20_000


class Reply(NamedTuple):
    bot_id: int
    chat_id: int
    language: str | None
    wish: Wish


class _Queues(NamedTuple):
    """What one bot has for itself, so that a burst at one bot delays no other: the queues, and the wishes answered."""

    taps: TaskQueue[Reply]
    lines: TaskQueue[Reply]
    known: OrderedDict[str, None]


class OptOutReplies:
    """`api_of` gives a bot's API; None if there is no such bot, or its token cannot be read."""

    def __init__(self, api_of: Callable[[int], BotApi | None]) -> None:
        self._api_of = api_of
        self._queues: dict[int, _Queues] = {}

    def knows(self, bot_id: int, wish: Wish) -> bool:
        """Whether it was fulfilled and answered before."""
        return bot_id in self._queues and wish.key in self._queues[bot_id].known

    def put(self, reply: Reply) -> None:
        """Answer a wish that has been fulfilled. Returns at once."""
        if reply.bot_id not in self._queues:
            lines = TaskQueue(self._say, 1, 1 / LINES_PER_S)
            self._queues[reply.bot_id] = _Queues(TaskQueue(self._answer_tap, _TAPS_AT_ONCE), lines, OrderedDict())
        taps, lines, known = self._queues[reply.bot_id]
        known[reply.wish.key] = None
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        if reply.wish.query_id:
            taps.put(reply)
        lines.put(reply)

    def end(self) -> None:
        for queues in self._queues.values():
            queues.taps.end()
            queues.lines.end()

    async def _answer_tap(self, reply: Reply) -> None:
        await self._ask(reply, "answerCallbackQuery", callback_query_id=reply.wish.query_id or "", text=_text(reply))

    async def _say(self, reply: Reply) -> None:
        """An undo edits the message on which it was tapped; if that fails, it sends a new one."""
        if reply.wish.undo and reply.wish.message_id and await self._edit(reply, reply.wish.message_id):
            return
        keyboard = {} if reply.wish.undo else {"reply_markup": _undo_button(reply.language)}
        await self._ask(reply, "sendMessage", chat_id=str(reply.chat_id), text=_text(reply), **keyboard)

    async def _edit(self, reply: Reply, message_id: int) -> bool:
        where = {"chat_id": str(reply.chat_id), "message_id": str(message_id)}
        return await self._ask(reply, "editMessageText", **where, text=_text(reply))

    async def _ask(self, reply: Reply, method: str, **data: str) -> bool:
        """Whether Telegram accepted the call."""
        api = self._api_of(reply.bot_id)
        answer = await api.ask(method, **data) if api else Refused(0, "the bot is no longer known")
        if not isinstance(answer, Refused):
            return True
        logger().info(
            "Reply not accepted",
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
    texts = texts_for(reply.language)
    return texts.undone if reply.wish.undo else texts.stopped


def _undo_button(language: str | None) -> str:
    button = {"text": texts_for(language).undo, "callback_data": UNDO}
    return msgspec.json.encode({"inline_keyboard": [[button]]}).decode()
