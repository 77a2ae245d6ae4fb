"""Updates that wait for a bot, and the order in which a webhook gets them."""

from typing import NamedTuple

from bench.sandbox.world.media_messages import Poll
from bench.sandbox.world.objects import (
    CallbackQuery,
    ChatMemberUpdated,
    InlineQuery,
    Message,
    MessageReactionUpdated,
    PaidMediaPurchased,
    PollAnswer,
    PreCheckoutQuery,
)

# A bot that never set allowed_updates gets everything but these.
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
UNKNOWN_UPDATE = "update_of_tomorrow"
FromPerson = CallbackQuery | InlineQuery | PaidMediaPurchased | PollAnswer | PreCheckoutQuery
"""What belongs to no chat of its own."""
Body = Message | FromPerson | Poll | ChatMemberUpdated | MessageReactionUpdated


class Acknowledgement(NamedTuple):
    """The moment when a bot's offset passed an update, or its webhook took it."""

    bot_id: int
    update_id: int
    at_ms: int


class Strand(NamedTuple):
    """Updates of one strand reach a webhook one after the other; strands may overtake each other."""

    kind: str
    chat_id: int


class Queued(NamedTuple):
    update_id: int
    body: bytes
    strand: Strand


def strand_of(kind: str, body: Body) -> Strand:
    """As on the server, messages, taps and blocks of one chat are strands of their own."""
    name = "message" if kind == "edited_message" else kind
    if isinstance(body, Poll):
        return Strand(name, 0)
    if isinstance(body, FromPerson):
        return Strand(name, body.sender.id)
    return Strand(name, body.chat.id)
