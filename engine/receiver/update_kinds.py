"""What each kind of update means, in one table; `docs/updates.md` gives the reasons.

Only the fields that matter are decoded; all others are ignored, whatever Telegram adds. A text is searched for the
command alone, and forgotten. A date is a whole second and counts as the end of that second; what has no date counts as
now. Only what a person does in their own chat with the bot proves that they have started it. Everything else counts
for people who are known, and groups, channels, bots and the chats of business accounts say nothing about a silence.
"""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from engine.core import payment
from engine.core.content.model import STOP
from engine.core.identity import SECOND_MS
from engine.receiver.events import UNDATED, Charge, Event, Gone, Refund, Renewal, SignOfLife, Wish
from engine.receiver.update_fields import (
    Chat,
    Membership,
    Message,
    Paid,
    Place,
    Query,
    Reaction,
    StoppedGeneration,
    Subscription,
    Tap,
    Update,
    User,
    Vote,
)

UNDO: Final = "recovery:undo"
"""Callback data of our undo button. It affects only the person who taps, for whom Telegram vouches: no signature."""
_GONE: Final = "kicked"
_PRIVATE: Final = "private"
_CHOSEN_BY_THE_PERSON: Final = ("active", "canceled")
_STARS: Final = "XTR"
_STOP_COMMAND: Final = re.compile(r"/(stop|stopreminders)(@\w+)?(\s|$)", re.ASCII | re.IGNORECASE)


class Meaning(StrEnum):
    BY_PARTS = "by its parts"
    TOUCH = "touch"
    IF_KNOWN = "touch if known"
    TAP = "touch in the own chat, elsewhere if known; perhaps a wish"
    PURCHASE = "payment; touch if known"
    GONE = "gone when blocked"
    NOTHING = "nothing"


class Dated(StrEnum):
    BY_DATE = "`date`"
    BY_EDIT_DATE = "`edit_date`"
    NOW = "now"
    NEVER = "–"


class UpdateKind(NamedTuple):
    meaning: Meaning
    dated: Dated = Dated.NEVER
    read: Callable[[Any, int], Event | None] | None = None
    """From what the update holds and its number to the event; None for a kind that means nothing."""


def event_of(update: Update) -> Event | None:
    """What the update means to us. Raises ValueError for a payment that cannot be stored."""
    for name, read in _READERS:
        if (content := getattr(update, name)) is not None:
            return read(content, update.update_id)
    return None


def _message(message: Message, _: int) -> Event | None:
    if not _is_with_the_bot(message):
        return None
    chat_id, at_ms = message.chat.id, _end_of_second(message.date)
    if message.refunded_payment:
        return Refund(chat_id, at_ms, _charge(message.refunded_payment, chat_id))
    user = message.from_ or User(chat_id)
    if not _is_own(message.chat, user):
        return None
    paid, wish = message.successful_payment, _command(message)
    if paid and paid.is_recurring and not paid.is_first_recurring:
        return Renewal(chat_id, at_ms, _charge(paid, chat_id))
    if wish is None and (message.is_from_offline or message.proximity_alert_triggered):
        return None
    return _sign(user, at_ms, _charge(paid, chat_id) if paid else None, wish)


def _edited(message: Message, _: int) -> SignOfLife | None:
    """Only live locations move, and only the bot edits what was sent through it: neither is the person's act."""
    user = message.from_ or User(message.chat.id)
    by_itself = message.edit_date is None or message.location or message.via_bot
    if by_itself or not (_is_with_the_bot(message) and _is_own(message.chat, user)):
        return None
    return _sign(user, _end_of_second(message.edit_date or message.date))


def _guest(message: Message, _: int) -> SignOfLife | None:
    return _if_known(message.from_, _end_of_second(message.date))


def _tap(tap: Tap, _: int) -> SignOfLife | None:
    if tap.from_.is_bot:
        return None
    tapped = tap.message
    own = tapped is not None and _is_with_the_bot(tapped) and _is_own(tapped.chat, tap.from_)
    message_id = tapped.message_id if tapped and own else None
    wish = Wish(tap.data == UNDO, tap.id, tap.id, message_id) if tap.data in (STOP, UNDO) else None
    return _sign(tap.from_, UNDATED, wish=wish, if_known=not own)


def _query(query: Query, _: int) -> SignOfLife | None:
    return _if_known(query.from_, UNDATED)


def _purchase(query: Query, number: int) -> SignOfLife | None:
    """It carries neither a charge nor an amount: its person and its number make it the same when it comes again."""
    sign = _query(query, number)
    return sign and sign._replace(payment=Charge(f"paid_media:{query.from_.id}:{number}", 0, _STARS))


def _vote(vote: Vote, _: int) -> SignOfLife | None:
    return _if_known(vote.user, UNDATED)


def _reaction(reaction: Reaction, _: int) -> SignOfLife | None:
    user = reaction.user
    return _if_known(user, _end_of_second(reaction.date)) if user and _is_own(reaction.chat, user) else None


def _subscription(subscription: Subscription, _: int) -> SignOfLife | None:
    return _if_known(subscription.user, UNDATED) if subscription.state in _CHOSEN_BY_THE_PERSON else None


def _stopped_generation(stopped: StoppedGeneration, _: int) -> SignOfLife | None:
    return _if_known(User(stopped.chat.id), UNDATED) if stopped.chat.type == _PRIVATE else None


def _membership(change: Membership, _: int) -> Gone | None:
    blocked = change.chat.type == _PRIVATE and change.new_chat_member.status == _GONE
    return Gone(change.chat.id, change.date * SECOND_MS) if blocked else None


def _is_with_the_bot(message: Place) -> bool:
    """A business account's chat, and one into which the bot was called as a guest, may have a person's id too."""
    elsewhere = message.business_connection_id is not None or message.guest_query_id is not None
    return message.chat.type == _PRIVATE and not elsewhere


def _is_own(chat: Chat, user: User) -> bool:
    return chat.type == _PRIVATE and chat.id == user.id and not user.is_bot


def _sign(
    user: User, seen_ms: int, charge: Charge | None = None, wish: Wish | None = None, *, if_known: bool = False
) -> SignOfLife:
    person = user.first_name, user.username, user.language_code
    return SignOfLife(user.id, seen_ms, *person, charge, wish, if_known)


def _if_known(user: User | None, seen_ms: int) -> SignOfLife | None:
    return None if user is None or user.is_bot else _sign(user, seen_ms, if_known=True)


def _end_of_second(date_s: int) -> int:
    return date_s * SECOND_MS + SECOND_MS - 1


def _charge(paid: Paid, chat_id: int) -> Charge:
    read = payment.read(paid.telegram_payment_charge_id, chat_id, paid.total_amount, paid.currency)
    return Charge(read.external_id, read.amount, read.currency)


def _command(message: Message) -> Wish | None:
    if not _STOP_COMMAND.match(message.text or ""):
        return None
    return Wish(undo=False, key=f"{message.chat.id}/{message.message_id}")


_NOTHING: Final = UpdateKind(Meaning.NOTHING)
KINDS: Final[Mapping[str, UpdateKind]] = {
    "message": UpdateKind(Meaning.BY_PARTS, Dated.BY_DATE, _message),
    "edited_message": UpdateKind(Meaning.TOUCH, Dated.BY_EDIT_DATE, _edited),
    "channel_post": _NOTHING,
    "edited_channel_post": _NOTHING,
    "business_connection": _NOTHING,
    "business_message": _NOTHING,
    "edited_business_message": _NOTHING,
    "deleted_business_messages": _NOTHING,
    "guest_message": UpdateKind(Meaning.IF_KNOWN, Dated.BY_DATE, _guest),
    "message_reaction": UpdateKind(Meaning.IF_KNOWN, Dated.BY_DATE, _reaction),
    "message_reaction_count": _NOTHING,
    "inline_query": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _query),
    "chosen_inline_result": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _query),
    "callback_query": UpdateKind(Meaning.TAP, Dated.NOW, _tap),
    "shipping_query": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _query),
    "pre_checkout_query": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _query),
    "purchased_paid_media": UpdateKind(Meaning.PURCHASE, Dated.NOW, _purchase),
    "poll": _NOTHING,
    "poll_answer": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _vote),
    "my_chat_member": UpdateKind(Meaning.GONE, Dated.BY_DATE, _membership),
    "chat_member": _NOTHING,
    "chat_join_request": _NOTHING,
    "chat_boost": _NOTHING,
    "removed_chat_boost": _NOTHING,
    "managed_bot": _NOTHING,
    "subscription": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _subscription),
    "stopped_message_generation": UpdateKind(Meaning.IF_KNOWN, Dated.NOW, _stopped_generation),
}
_READERS: Final = tuple((name, kind.read) for name, kind in KINDS.items() if kind.read is not None)
ALLOWED: Final = tuple(name for name, _ in _READERS)
"""What Telegram is asked for, so that it sends nothing that means nothing."""
