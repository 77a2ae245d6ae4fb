"""What an update is to us, once it has been read."""

from typing import Final, NamedTuple, TypeAlias

from engine.core.identity import newer_sign

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


def not_before(event: Event, moment_ms: int) -> Event:
    """The event; a sign of life is dated no earlier than the second of that moment.

    An update that has only just come is no older than what had come before it. Its date is Telegram's, and silences are
    counted by another clock, which may be ahead of Telegram's. Other events keep their order by their own dates.
    """
    if not isinstance(event, SignOfLife) or event.seen_ms == UNDATED or not newer_sign(moment_ms, event.seen_ms):
        return event
    return event._replace(seen_ms=moment_ms)
