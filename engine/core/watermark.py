"""Up to when a feed has surely brought every update, and whether another program has taken some. Pure.

Telegram delivers the chats of a webhook in parallel, each with pauses of its own after a failure, so that those which
came prove nothing about one that waits. But it numbers a bot's updates one by one: all that had been given out by a
look have come when none is missing up to there. More missing ones than Telegram still holds back were taken by another
program, or were dropped after a day.

A poll proves more: whatever Telegram had when it asked has come with it.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple


class WebhookLook(NamedTuple):
    """`highest` is from before the question, `at_ms` from after it, `floor` and `beyond` from after the answer.

    See `storage.redis.arrivals`. `pending` counts what is being delivered as well.
    """

    at_ms: int
    pending: int
    floor: int
    beyond: int
    highest: int = -1

    @property
    def given_out(self) -> int | None:
        """The number up to which updates may have been given out by then; None when it is not known."""
        return self.floor + self.beyond + self.pending if self.floor >= 0 else None

    @property
    def incomplete(self) -> bool:
        """Some of those given out before the question are not known to have come."""
        return self.floor < self.highest

    @property
    def lost(self) -> bool:
        """More are missing than are pending. Some of `beyond` may be higher than `highest`."""
        missing = self.highest - self.floor - self.beyond
        return self.floor >= 0 and self.incomplete and (self.pending == 0 or missing > self.pending)


def confirmed_upto(before: WebhookLook | None, now: WebhookLook) -> int | None:
    """The time up to which all is taken in, in ms; None when these looks do not tell."""
    if before is None:
        return None
    none_missing = before.given_out is not None and now.floor >= before.given_out
    return before.at_ms if now.pending == 0 or none_missing else None


def has_gap(floor: int, numbers: Sequence[int]) -> bool:
    """Whether one is missing among the updates of a poll, all of which come after `floor` unless they came again."""
    return any(later > earlier + 1 for earlier, later in pairwise((floor, *numbers)))


CLOCKS_APART_MS: Final = 5_000
"""Two clocks that differ by more do not tell the same time."""


def least_now_ms(heard_ms: int, since_s: float) -> int:
    """The earliest time that a clock can show now if it showed `heard_ms` that long ago and was not put back since."""
    return heard_ms + int(since_s * 1000) - CLOCKS_APART_MS


def seen_upto(began_ms: int, timeout_s: int, waited_s: float, *, in_vain: bool) -> int:
    """The time up to which a poll has surely brought every update, in ms.

    Telegram answers at once when there is an update, and keeps the poll waiting for its time-out when there is none.
    Nobody can tell when it wrote any other answer: that may have been under way, or this process may have stood still.
    """
    return began_ms + timeout_s * 1000 if in_vain and waited_s >= timeout_s else began_ms
