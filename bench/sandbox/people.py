"""What a person can do in a chat with a bot, and the update that the bot gets for it. Pure.

Whoever writes to a bot has started it. A blocked bot hears nothing: one unblocks it first, or starts it
again, which does both.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.sandbox.keyboard import first_callback
from bench.sandbox.objects import (
    CallbackQuery,
    ChatMemberUpdated,
    Entity,
    Member,
    Message,
    PreCheckoutQuery,
)
from bench.sandbox.payments import CURRENCY, settle
from bench.sandbox.state import Bot, Checkout, Conversation, Relation, State, Stored, last_message, seconds
from bench.sandbox.wire import Act, ActResult, Deed


class ActRefusedError(ValueError):
    """A person cannot do this here."""


@dataclass(frozen=True, slots=True)
class _Scene:
    state: State
    bot: Bot
    chat: Conversation
    act: Act
    now_ms: int

    @property
    def date(self) -> int:
        return seconds(self.now_ms)

    def message(self) -> Message:
        person = self.chat.person
        return Message(self.chat.next_message_id, person.user, person.chat, self.date)

    def done(self, update_id: int | None, message_id: int | None = None) -> ActResult:
        return ActResult(self.now_ms, self.date, update_id, message_id)


def perform(state: State, act: Act, now_ms: int) -> ActResult:
    """Do it, or say in the result why it cannot be done."""
    try:
        bot = state.bot_named(str(act.bot))
        scene = _Scene(state, bot, state.conversation(bot, act.person), act, now_ms)
        _require_account(scene)
        return _DEEDS[act.deed](scene)
    except (ActRefusedError, LookupError) as error:
        return ActResult(now_ms, seconds(now_ms), error=str(error))


def _start(scene: _Scene) -> ActResult:
    if scene.chat.blocked:
        _unblock(scene)
    scene.chat.started = True
    message = scene.message()
    message.text = f"/start {scene.act.payload}".rstrip()
    message.entities = (Entity("bot_command", 0, len("/start")),)
    return _say(scene, message)


def _write(scene: _Scene) -> ActResult:
    _require_unblocked(scene)
    if not scene.act.text:
        raise ActRefusedError("there is no text to write")
    scene.chat.started = True
    message = scene.message()
    message.text = scene.act.text
    return _say(scene, message)


def _pay(scene: _Scene) -> ActResult:
    """Pay without asking the bot first."""
    _require_unblocked(scene)
    payload = scene.act.payload or "order"
    paid = settle(scene.state, scene.bot, Checkout(scene.chat, scene.act.amount, payload, scene.now_ms), scene.now_ms)
    return scene.done(paid.update_id, paid.message_id)


def _check_out(scene: _Scene) -> ActResult:
    """Confirm a payment, which the bot has to allow."""
    _require_unblocked(scene)
    payload = scene.act.payload or "order"
    query_id = scene.state.open_checkout(scene.bot, Checkout(scene.chat, scene.act.amount, payload, scene.now_ms))
    query = PreCheckoutQuery(query_id, scene.chat.person.user, CURRENCY, scene.act.amount, payload)
    return scene.done(scene.state.queue(scene.bot, "pre_checkout_query", query))


def _say(scene: _Scene, message: Message) -> ActResult:
    scene.chat.add(message, scene.now_ms)
    return scene.done(scene.state.queue(scene.bot, "message", message), message.message_id)


def _edit(scene: _Scene) -> ActResult:
    _require_unblocked(scene)
    message = _chosen(scene, lambda one: not one.sender.is_bot and one.text is not None).message
    message.text = scene.act.text
    message.entities = ()
    message.edit_date = scene.date
    return scene.done(scene.state.queue(scene.bot, "edited_message", message), message.message_id)


def _tap(scene: _Scene) -> ActResult:
    """Tap the given data, or the first button; on the given message, or the last that has buttons."""
    _require_unblocked(scene)
    message = _chosen(scene, lambda one: one.sender.is_bot and one.reply_markup is not None).message
    data = scene.act.data or first_callback(message.reply_markup)
    if data is None:
        raise ActRefusedError("the message has no button to tap")
    query = CallbackQuery(
        scene.state.open_query(scene.bot, scene.chat, message.message_id, data, scene.now_ms),
        scene.chat.person.user,
        message,
        f"{scene.bot.id}-{message.chat.id}",
        data,
    )
    return scene.done(scene.state.queue(scene.bot, "callback_query", query), message.message_id)


def _chosen(scene: _Scene, wanted: Callable[[Message], bool]) -> Stored:
    given = scene.act.message_id
    stored = last_message(scene.chat, wanted) if given is None else scene.chat.messages.get(given)
    if stored is None or not wanted(stored.message):
        raise ActRefusedError("there is no such message to act on")
    return stored


def _block(scene: _Scene) -> ActResult:
    _require_unblocked(scene)
    scene.chat.blocked = True
    return _member_changed(scene, "member", "kicked")


def _unblock(scene: _Scene) -> ActResult:
    if not scene.chat.blocked:
        raise ActRefusedError("the bot is not blocked")
    scene.chat.blocked = False
    return _member_changed(scene, "kicked", "member")


def _member_changed(scene: _Scene, before: str, after: str) -> ActResult:
    update = ChatMemberUpdated(
        scene.chat.person.chat,
        scene.chat.person.user,
        scene.date,
        _member(scene.bot, before),
        _member(scene.bot, after),
    )
    return scene.done(scene.state.queue(scene.bot, "my_chat_member", update))


def _member(bot: Bot, status: str) -> Member:
    return Member(bot.sender, status, until_date=0 if status == "kicked" else None)


def _delete_account(scene: _Scene) -> ActResult:
    """Remove the person for every bot; no bot is told."""
    scene.chat.person.deleted = True
    return scene.done(None)


def _require_account(scene: _Scene) -> None:
    if scene.chat.relation is Relation.DELETED:
        raise ActRefusedError("the account is deleted")


def _require_unblocked(scene: _Scene) -> None:
    if scene.chat.blocked:
        raise ActRefusedError("the bot is blocked by this person")


_DEEDS: dict[Deed, Callable[[_Scene], ActResult]] = {
    "start": _start,
    "write": _write,
    "edit": _edit,
    "tap": _tap,
    "pay": _pay,
    "checkout": _check_out,
    "block": _block,
    "unblock": _unblock,
    "delete_account": _delete_account,
}
