"""What an update is to us, once it has been read."""

from typing import Final, NamedTuple, TypeAlias

UNDATED: Final = 0


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
    """A person is there; `seen_ms` UNDATED counts as now.

    `if_known`: it was given elsewhere than in the person's own chat with the bot, so it counts only for somebody who
    has started the bot. A payment counts for everybody.
    """

    chat_id: int
    seen_ms: int
    first_name: str | None
    username: str | None
    language: str | None
    payment: Charge | None = None
    wish: Wish | None = None
    if_known: bool = False

    @property
    def is_plain(self) -> bool:
        """A touch, and nothing else."""
        return not (self.payment or self.wish or self.if_known)


class Renewal(NamedTuple):
    """A subscription was paid for again. Telegram does this by itself, so it is not a sign of life."""

    chat_id: int
    at_ms: int
    payment: Charge


class Refund(NamedTuple):
    """Money went back. This is not a sign of life, no matter who its sender is."""

    chat_id: int
    at_ms: int
    payment: Charge


class Gone(NamedTuple):
    """The person blocked the bot, or deleted the chat, at the start of that second; UNDATED counts as now."""

    chat_id: int
    at_ms: int = UNDATED


Event: TypeAlias = SignOfLife | Renewal | Refund | Gone
