"""Up to when a webhook has surely brought every update: judged from two looks at what Telegram holds back. Pure.

Telegram delivers the chats in parallel, each with pauses of its own after a failure, so that those which came prove
nothing about one that waits. But it numbers a bot's updates one by one: all that had been given out by a look have come
when none is missing up to there.
"""

from typing import NamedTuple


class WebhookLook(NamedTuple):
    """`at_ms` is from before the question, `floor` and `beyond` from after the answer.

    See `storage.redis.webhook_arrivals`. `pending` counts what is being delivered as well.
    """

    at_ms: int
    pending: int
    floor: int
    beyond: int

    @property
    def given_out(self) -> int | None:
        """The number up to which updates may have been given out by then; None when it is not known."""
        return self.floor + self.beyond + self.pending if self.floor >= 0 else None


def confirmed_upto(before: WebhookLook | None, now: WebhookLook) -> int | None:
    """The time up to which all is taken in, in ms; None when these looks do not tell."""
    if before is None:
        return None
    none_missing = before.given_out is not None and now.floor >= before.given_out
    return before.at_ms if now.pending == 0 or none_missing else None
