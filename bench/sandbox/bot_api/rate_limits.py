"""How fast a bot may send: a number of messages in any second, and one a second in a chat after a short burst. Pure.

As at Telegram, a call that comes too soon is not refused but waits, up to eight seconds in all. A call that would wait
longer is refused, with the time after which to try again. A bot that sends before that time commits a violation,
unless the call was already on its way when the refusal was sent.

A call takes a place in its chat first, and a place among the bot's sends when the first one's time has come, so that a
waiting chat delays no other.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from bench.sandbox import errors
from bench.sandbox.protocol import LimitRules

_SECOND_MS = 1000
_ON_ITS_WAY_MS = 250
_SWEPT_ABOVE = 4096
UNLIMITED = LimitRules(bot_per_second=None, paid_per_second=None, chat_per_second=None)

Violate = Callable[[int, str, str], None]


class Send(NamedTuple):
    """A call that the limits count."""

    bot_id: int
    chat_id: int
    method: str
    messages: int
    paid: bool


class _Pause(NamedTuple):
    refused_ms: int
    until_ms: int


class _Window:
    """At most `most` messages in any second; it must be asked in the order of time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken: deque[int] = deque(maxlen=most)

    def place(self, messages: int, now_ms: int, patience_ms: int) -> int:
        """Return the ms to wait for a place, and take it if that is not too long."""
        over = len(self._taken) + min(messages, self._most) - self._most
        at_ms = now_ms if over <= 0 else max(now_ms, self._taken[over - 1] + _SECOND_MS)
        if at_ms - now_ms <= patience_ms:
            self._taken.extend([at_ms] * messages)
        return at_ms - now_ms


class _Chats:
    """When each chat of a bot has rested from the messages that it got; a rested chat is forgotten.

    An album is sent whole, and the chat rests from each of its messages.
    """

    def __init__(self, per_second: float, burst: int) -> None:
        self._pause_ms = _SECOND_MS / per_second
        self._leeway_ms = self._pause_ms * (burst - 1)
        self._rested_ms: dict[int, float] = {}
        self._sweep_above = _SWEPT_ABOVE

    def place(self, chat_id: int, messages: int, now_ms: int, patience_ms: int) -> int:
        """Return the ms to wait for a place, and take it if that is not too long."""
        rested_ms = self._rested_ms.get(chat_id, 0)
        if rested_ms <= now_ms:
            rested_ms, wait_ms = now_ms, 0
        else:
            wait_ms = max(0, int(rested_ms - self._leeway_ms) - now_ms)
        if wait_ms <= patience_ms:
            self._rested_ms[chat_id] = rested_ms + self._pause_ms * messages
            if len(self._rested_ms) > self._sweep_above:
                self._sweep(now_ms)
        return wait_ms

    def _sweep(self, now_ms: int) -> None:
        self._rested_ms = {chat: at_ms for chat, at_ms in self._rested_ms.items() if at_ms > now_ms}
        self._sweep_above = max(_SWEPT_ABOVE, 2 * len(self._rested_ms))


class _BotLimits:
    def __init__(self, rules: LimitRules) -> None:
        self.absorb_ms = rules.absorb_ms
        self.free = _Window(rules.bot_per_second) if rules.bot_per_second else None
        self.paid = _Window(rules.paid_per_second) if rules.paid_per_second else None
        self.chats = _Chats(rules.chat_per_second, rules.chat_burst) if rules.chat_per_second else None
        # Refusals that still hold: of a chat by its id, of the whole bot as None.
        self.refusals: dict[int | None, _Pause] = {}

    def refuse(self, scope: int | None, wait_ms: int, now_ms: int) -> int:
        """Note a refusal; return its `retry_after`."""
        retry_after = -(-wait_ms // _SECOND_MS)
        if len(self.refusals) > _SWEPT_ABOVE:
            self.refusals = {who: one for who, one in self.refusals.items() if one.until_ms > now_ms}
        self.refusals[scope] = _Pause(now_ms, now_ms + retry_after * _SECOND_MS)
        return retry_after


class RateLimits:
    """Times are those of the steady clock. `violate` gets the bot, the method and a sentence."""

    def __init__(self, rules: LimitRules, violate: Violate) -> None:
        self._violate = violate
        self.change(rules)

    @property
    def rules(self) -> LimitRules:
        return self._rules

    @property
    def rules_of_bots(self) -> dict[int, LimitRules]:
        return self._own

    def change(self, rules: LimitRules) -> None:
        """Set the rules of all bots, including those with rules of their own, and forget what was sent."""
        self._rules = rules
        self._own: dict[int, LimitRules] = {}
        self.on = rules.limits_something
        self.forget()

    def forget(self) -> None:
        """Forget what was sent; the rules stay."""
        self._bots: dict[int, _BotLimits] = {}

    def change_bot(self, bot_id: int, rules: LimitRules) -> None:
        self._own[bot_id] = rules
        self._bots.pop(bot_id, None)
        self.on = self.on or rules.limits_something

    def wait_for_chat(self, send: Send, now_ms: int) -> int:
        """Take a place in the chat; return the ms to wait for it. Raises ApiError if that is too long."""
        bot = self._bot(send.bot_id)
        if bot.refusals:
            self._require_patience(bot, send, now_ms)
        if bot.chats is None:
            return 0
        wait_ms = bot.chats.place(send.chat_id, send.messages, now_ms, bot.absorb_ms)
        if wait_ms > bot.absorb_ms:
            raise errors.too_many_requests(bot.refuse(send.chat_id, wait_ms, now_ms))
        return wait_ms

    def wait_for_bot(self, send: Send, now_ms: int, waited_ms: int) -> int:
        """Take a place among the bot's sends, after waiting for the chat. Otherwise as `wait_for_chat`."""
        bot = self._bot(send.bot_id)
        window = bot.paid if send.paid else bot.free
        if window is None:
            return 0
        patience_ms = max(0, bot.absorb_ms - waited_ms)
        wait_ms = window.place(send.messages, now_ms, patience_ms)
        if wait_ms > patience_ms:
            raise errors.too_many_requests(bot.refuse(None, wait_ms, now_ms))
        return wait_ms

    def _require_patience(self, bot: _BotLimits, send: Send, now_ms: int) -> None:
        """Refuse again if the chat or the bot was refused and comes back too early."""
        for scope in (send.chat_id, None):
            refusal = bot.refusals.get(scope)
            if refusal is None:
                continue
            if now_ms >= refusal.until_ms:
                del bot.refusals[scope]
                continue
            if now_ms > refusal.refused_ms + _ON_ITS_WAY_MS:
                whom = "this bot" if scope is None else "this chat"
                self._violate(send.bot_id, send.method, f"It sent before the retry_after of {whom} had passed")
            raise errors.too_many_requests(-(-(refusal.until_ms - now_ms) // _SECOND_MS))

    def _bot(self, bot_id: int) -> _BotLimits:
        found = self._bots.get(bot_id)
        if found is None:
            found = self._bots[bot_id] = _BotLimits(self._own.get(bot_id, self._rules))
        return found
