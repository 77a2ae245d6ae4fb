"""The Bot API objects that the sandbox speaks, as structs: rendering one costs about a microsecond."""

from typing import Any

import msgspec


class User(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int
    is_bot: bool
    first_name: str
    username: str | None = None
    language_code: str | None = None


class BotUser(msgspec.Struct, frozen=True):
    """What getMe answers."""

    id: int
    is_bot: bool
    first_name: str
    username: str
    can_join_groups: bool = True
    can_read_all_group_messages: bool = False
    supports_inline_queries: bool = False
    can_connect_to_business: bool = False
    has_main_web_app: bool = False


class Chat(msgspec.Struct, frozen=True, omit_defaults=True):
    id: int
    type: str
    first_name: str
    username: str | None = None


class AcceptedGiftTypes(msgspec.Struct, frozen=True):
    unlimited_gifts: bool = True
    limited_gifts: bool = True
    unique_gifts: bool = True
    premium_subscription: bool = True
    gifts_from_channels: bool = True


class ChatFullInfo(msgspec.Struct, frozen=True):
    """What getChat answers for a private chat."""

    id: int
    type: str
    first_name: str
    username: str | None
    accent_color_id: int = 0
    max_reaction_count: int = 11
    accepted_gift_types: AcceptedGiftTypes = AcceptedGiftTypes()


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    type: str
    offset: int
    length: int
    url: str | None = None
    user: User | None = None
    language: str | None = None
    custom_emoji_id: str | None = None
    unix_time: int | None = None
    date_time_format: str | None = None


class Location(msgspec.Struct, frozen=True, omit_defaults=True):
    latitude: float
    longitude: float
    live_period: int | None = None


class SuccessfulPayment(msgspec.Struct, frozen=True, omit_defaults=True):
    currency: str
    total_amount: int
    invoice_payload: str
    telegram_payment_charge_id: str
    provider_payment_charge_id: str
    subscription_expiration_date: int | None = None
    is_recurring: bool = False
    is_first_recurring: bool = False


class RefundedPayment(msgspec.Struct, frozen=True):
    currency: str
    total_amount: int
    invoice_payload: str
    telegram_payment_charge_id: str


class Message(msgspec.Struct, omit_defaults=True):
    message_id: int
    sender: User = msgspec.field(name="from")
    chat: Chat
    date: int
    edit_date: int | None = None
    text: str | None = None
    entities: tuple[Entity, ...] = ()
    reply_markup: msgspec.Raw | None = None
    location: Location | None = None
    successful_payment: SuccessfulPayment | None = None
    refunded_payment: RefundedPayment | None = None
    reply_to_message: "Message | None" = None
    has_protected_content: bool = False
    effect_id: str | None = None
    link_preview_options: dict[str, Any] | None = None


class MessageId(msgspec.Struct, frozen=True):
    message_id: int


class Group(msgspec.Struct, frozen=True):
    id: int
    type: str
    title: str


class InaccessibleMessage(msgspec.Struct, frozen=True):
    """A message of which a bot is told no more; its date is always 0."""

    chat: Group
    message_id: int
    date: int = 0


class CallbackQuery(msgspec.Struct, frozen=True):
    id: str
    sender: User = msgspec.field(name="from")
    message: Message | InaccessibleMessage
    chat_instance: str
    data: str


class PollAnswer(msgspec.Struct, frozen=True):
    poll_id: str
    sender: User = msgspec.field(name="user")
    option_ids: tuple[int, ...]
    option_persistent_ids: tuple[str, ...]


class PreCheckoutQuery(msgspec.Struct, frozen=True):
    id: str
    sender: User = msgspec.field(name="from")
    currency: str
    total_amount: int
    invoice_payload: str


class InlineQuery(msgspec.Struct, frozen=True):
    id: str
    sender: User = msgspec.field(name="from")
    query: str
    offset: str
    chat_type: str


class PaidMediaPurchased(msgspec.Struct, frozen=True):
    sender: User = msgspec.field(name="from")
    paid_media_payload: str


class ReactionTypeEmoji(msgspec.Struct, frozen=True):
    type: str
    emoji: str


class MessageReactionUpdated(msgspec.Struct, frozen=True):
    chat: Chat
    message_id: int
    user: User
    date: int
    old_reaction: tuple[ReactionTypeEmoji, ...]
    new_reaction: tuple[ReactionTypeEmoji, ...]


class Member(msgspec.Struct, frozen=True, omit_defaults=True):
    user: User
    status: str
    until_date: int | None = None


class ChatMemberUpdated(msgspec.Struct, frozen=True):
    chat: Chat
    sender: User = msgspec.field(name="from")
    date: int
    old_chat_member: Member
    new_chat_member: Member


class BotCommand(msgspec.Struct, frozen=True):
    command: str
    description: str


class WebhookInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    url: str
    has_custom_certificate: bool
    pending_update_count: int
    ip_address: str | None = None
    last_error_date: int | None = None
    last_error_message: str | None = None
    max_connections: int | None = None
    allowed_updates: tuple[str, ...] = ()


def seconds(now_ms: int) -> int:
    """Telegram's dates are whole seconds."""
    return now_ms // 1000
