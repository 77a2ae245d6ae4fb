"""How a bot's feed stands: whether its updates are read, why not, and from when its silences are believed. Pure."""

from enum import StrEnum
from typing import Final, NamedTuple

STALE_MS: Final = 60_000
"""A feed without news for this long is not being read: a poll waits half a minute at most."""


class Unread(StrEnum):
    """Why a bot's updates do not reach the engine."""

    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a word for admins, no secret
    FOREIGN_WEBHOOK = "foreign_webhook"
    SECOND_READER = "second_reader"
    UNREACHABLE = "unreachable"
    """No receiver reads it, or Telegram does not answer."""


class FeedStatus(NamedTuple):
    """`unread` None: the updates are being read. `host`: to which server a foreign webhook leads.

    `read_until_ms` is the moment up to which every update was taken in, None if none ever was. `doubted_until_ms`:
    silences that began before it are not believed, because of `doubt`, until `held_until_ms` shows whether they go on;
    nothing is sent before then. Both are None when every silence is believed, and `held_until_ms` also while the
    reason lasts.
    """

    now_ms: int
    unread: Unread | None
    host: str
    read_until_ms: int | None
    doubted_until_ms: int | None
    held_until_ms: int | None
    doubt: Unread | None

    @property
    def is_held(self) -> bool:
        """Whether nothing is sent because another program may have taken an update: an owner may trust the bot."""
        if self.doubted_until_ms is None:
            return False
        return self.held_until_ms is None or self.now_ms < self.held_until_ms


def is_stale(now_ms: int, read_until_ms: int | None) -> bool:
    """A feed that nobody has ever confirmed has only just been connected."""
    return read_until_ms is not None and now_ms - read_until_ms > STALE_MS
