"""What an update means: whose chat it is, when, and whether it is more than a sign of life (a payment, a block, …).

Only the fields that matter are decoded; all others are ignored, whatever Telegram adds. A text is searched for the
command alone, and forgotten. Groups, channels and bots are ignored. A message's date is a whole second and counts as
the end of that second; a tap has no date and counts as now. A number too large for the databases makes an update
unreadable, so that it does not hold back the others.
"""

import re
from typing import Annotated, Final, NamedTuple, TypeAlias

import msgspec

from engine.core.content.model import STOP
from engine.core.identity import SECOND_MS
from engine.telegram.refused_call import NOT_THE_BOT_API, UNREADABLE, Refused

UNDATED: Final = 0
ALLOWED: Final = (
    "message",
    "edited_message",
    "callback_query",
    "inline_query",
    "poll_answer",
    "pre_checkout_query",
    "my_chat_member",
)
UNDO: Final = "recovery:undo"
"""Callback data of our undo button. It affects only the person who taps, for whom Telegram vouches: no signature."""
_GONE: Final = "kicked"
_STOP_COMMAND: Final = re.compile(r"/(stop|stopreminders)(@\w+)?(\s|$)", re.ASCII | re.IGNORECASE)

_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Date = Annotated[int, msgspec.Meta(ge=0, le=2**40)]


class _Chat(msgspec.Struct):
    id: _Number
    type: str


class _User(msgspec.Struct):
    id: _Number
    is_bot: bool = False
    first_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class _Paid(msgspec.Struct):
    currency: str
    total_amount: _Number
    telegram_payment_charge_id: str


class _Message(msgspec.Struct):
    chat: _Chat
    date: _Date
    from_: _User | None = msgspec.field(default=None, name="from")
    message_id: _Number = 0
    edit_date: _Date | None = None
    text: str | None = None
    successful_payment: _Paid | None = None
    refunded_payment: _Paid | None = None


class _Query(msgspec.Struct):
    from_: _User = msgspec.field(name="from")


class _Tapped(msgspec.Struct):
    chat: _Chat
    message_id: _Number


class _Tap(msgspec.Struct):
    from_: _User = msgspec.field(name="from")
    id: str = ""
    data: str | None = None
    message: _Tapped | None = None


class _PollAnswer(msgspec.Struct):
    user: _User | None = None


class _Member(msgspec.Struct):
    status: str


class _Membership(msgspec.Struct):
    chat: _Chat
    new_chat_member: _Member
    date: _Date = 0


class Update(msgspec.Struct):
    """One update; unknown fields fall away."""

    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    callback_query: _Tap | None = None
    inline_query: _Query | None = None
    poll_answer: _PollAnswer | None = None
    pre_checkout_query: _Query | None = None
    my_chat_member: _Membership | None = None


class _Answer(msgspec.Struct):
    ok: bool
    result: list[msgspec.Raw] = []
    error_code: int = 0
    description: str = ""


class _Numbered(msgspec.Struct):
    update_id: _Number


class Charge(NamedTuple):
    charge_id: str
    amount: int
    currency: str


class Wish(NamedTuple):
    """To get no more reminders, or to `undo` that. `key` identifies the wish, `query_id` the tap.

    `message_id` is that of the tapped message, if it is in the person's own chat.
    """

    undo: bool
    key: str
    query_id: str | None = None
    message_id: int | None = None


class SignOfLife(NamedTuple):
    """A sign of life in a private chat; `seen_ms` UNDATED counts as now."""

    chat_id: int
    seen_ms: int
    first_name: str | None
    username: str | None
    language: str | None
    payment: Charge | None = None
    wish: Wish | None = None


class Refund(NamedTuple):
    """Money went back. This is not a sign of life, no matter who its sender is."""

    chat_id: int
    at_ms: int
    payment: Charge


class Gone(NamedTuple):
    """The person blocked the bot, or deleted the chat, at the start of that second; UNDATED counts as now."""

    chat_id: int
    at_ms: int = UNDATED


Event: TypeAlias = SignOfLife | Refund | Gone


class Batch(NamedTuple):
    """The updates of one poll; `broken` counts those that could not be decoded."""

    size: int
    last_id: int | None
    events: tuple[Event, ...]
    broken: int


def read_answer(body: bytes) -> Batch | Refused:
    """Decode the answer to a poll. A broken update does not affect the others."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except UNREADABLE:
        return NOT_THE_BOT_API
    if not answer.ok:
        return Refused(answer.error_code, answer.description)
    batch = _batch(answer.result)
    if batch.size and batch.last_id is None:
        return Refused(0, "none of the updates has a number")
    return batch


def read_update(body: bytes) -> Event | None:
    """Decode one update as a webhook delivers it. Raises one of UNREADABLE."""
    return event_of(msgspec.json.decode(body, type=Update))


def number_of(body: bytes) -> int | None:
    """The number of an update, readable or not; None for anything but an update of Telegram's."""
    try:
        return msgspec.json.decode(body, type=_Numbered).update_id
    except UNREADABLE:
        return None


def _batch(raws: list[msgspec.Raw]) -> Batch:
    last_id, events, broken = None, [], 0
    for raw in raws:
        try:
            last_id = max(last_id or 0, msgspec.json.decode(raw, type=_Numbered).update_id)
            event = event_of(msgspec.json.decode(raw, type=Update))
        except UNREADABLE:
            broken += 1
            continue
        if event is not None:
            events.append(event)
    return Batch(len(raws), last_id, tuple(events), broken)


def event_of(update: Update) -> Event | None:
    """What the update means to us; None if it is not a sign of life."""
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    if message := update.message or update.edited_message:
        return _message(message, edited=update.message is None)
    if update.callback_query is not None:
        return _tap(update.callback_query)
    if query := update.inline_query or update.pre_checkout_query:
        return _undated(query.from_)
    return _undated(update.poll_answer.user) if update.poll_answer else None


def _message(message: _Message, *, edited: bool) -> SignOfLife | Refund | None:
    user = message.from_ or _User(message.chat.id)
    seen_ms = (message.edit_date or message.date) * SECOND_MS + SECOND_MS - 1
    if message.chat.type != "private":
        return None
    if message.refunded_payment:
        return Refund(message.chat.id, seen_ms, _payment(message.refunded_payment))
    if user.is_bot:
        return None
    paid = message.successful_payment
    return SignOfLife(
        message.chat.id,
        seen_ms,
        user.first_name,
        user.username,
        user.language_code,
        _payment(paid) if paid else None,
        None if edited else _command(message),
    )


def _payment(paid: _Paid) -> Charge:
    return Charge(paid.telegram_payment_charge_id, paid.total_amount, paid.currency)


def _command(message: _Message) -> Wish | None:
    if not _STOP_COMMAND.match(message.text or ""):
        return None
    return Wish(undo=False, key=f"{message.chat.id}/{message.message_id}")


def _tap(tap: _Tap) -> SignOfLife | None:
    sign, message = _undated(tap.from_), tap.message
    if sign is None or tap.data not in (STOP, UNDO):
        return sign
    own = message is not None and message.chat.id == sign.chat_id
    wish = Wish(tap.data == UNDO, tap.id, tap.id, message.message_id if message and own else None)
    return sign._replace(wish=wish)


def _undated(user: _User | None) -> SignOfLife | None:
    if user is None or user.is_bot:
        return None
    return SignOfLife(user.id, UNDATED, user.first_name, user.username, user.language_code)


def _membership(change: _Membership) -> Gone | None:
    blocked = change.chat.type == "private" and change.new_chat_member.status == _GONE
    return Gone(change.chat.id, change.date * SECOND_MS) if blocked else None
