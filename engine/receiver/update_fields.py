"""The fields of an update that matter, with the bounds of what the databases hold. Unknown fields fall away."""

from typing import Annotated

import msgspec

from engine.core.payment import MAX_CHAT
from engine.telegram.raw_updates import MOST_NUMBER

_Number = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Date = Annotated[int, msgspec.Meta(ge=1, le=2**40)]
UpdateNumber = Annotated[int, msgspec.Meta(ge=1, le=MOST_NUMBER)]


class Something(msgspec.Struct):
    """An object of which it matters only that it is there."""


class Chat(msgspec.Struct):
    id: _Number
    type: str


class User(msgspec.Struct):
    id: Annotated[int, msgspec.Meta(ge=1, le=MAX_CHAT)]
    is_bot: bool = False
    first_name: str | None = None
    username: str | None = None
    language_code: str | None = None


class Paid(msgspec.Struct):
    currency: str
    total_amount: int
    telegram_payment_charge_id: str
    is_recurring: bool = False
    is_first_recurring: bool = False


class Place(msgspec.Struct, kw_only=True):
    """A message as far as it says which chat it belongs to."""

    chat: Chat
    message_id: _Number = 0
    business_connection_id: str | None = None
    guest_query_id: str | None = None


class Message(Place, kw_only=True):
    date: _Date
    from_: User | None = msgspec.field(default=None, name="from")
    edit_date: _Date | None = None
    text: str | None = None
    via_bot: Something | None = None
    location: Something | None = None
    is_from_offline: bool = False
    proximity_alert_triggered: Something | None = None
    successful_payment: Paid | None = None
    refunded_payment: Paid | None = None


class Query(msgspec.Struct):
    from_: User = msgspec.field(name="from")


class Tap(msgspec.Struct):
    from_: User = msgspec.field(name="from")
    id: str = ""
    data: str | None = None
    message: Place | None = None


class Vote(msgspec.Struct):
    user: User | None = None


class Reaction(msgspec.Struct):
    chat: Chat
    date: _Date
    user: User | None = None


class Subscription(msgspec.Struct):
    user: User
    state: str


class StoppedGeneration(msgspec.Struct):
    chat: Chat


class Member(msgspec.Struct):
    status: str


class Membership(msgspec.Struct):
    chat: Chat
    new_chat_member: Member
    date: Annotated[int, msgspec.Meta(ge=0, le=2**40)] = 0


class Update(msgspec.Struct):
    """One field for each kind that means something."""

    update_id: UpdateNumber
    message: Message | None = None
    edited_message: Message | None = None
    guest_message: Message | None = None
    message_reaction: Reaction | None = None
    inline_query: Query | None = None
    chosen_inline_result: Query | None = None
    callback_query: Tap | None = None
    shipping_query: Query | None = None
    pre_checkout_query: Query | None = None
    purchased_paid_media: Query | None = None
    poll_answer: Vote | None = None
    my_chat_member: Membership | None = None
    subscription: Subscription | None = None
    stopped_message_generation: StoppedGeneration | None = None
