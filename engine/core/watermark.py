"""Up to when a webhook has surely brought every update: judged from two looks at what Telegram holds back. Pure.

Source: the fields of the Bot API's WebhookInfo. Updates that are being delivered count as pending; a failed delivery
shows in the time of the last error, in whole seconds of Telegram's clock.
"""

from typing import Final, NamedTuple

SKEW_MS: Final = 2_000
"""How far Telegram's clock may be from ours: a failure as old as that may have been before the look or after it."""


class Look(NamedTuple):
    """`at_ms` is from before the question. `came`: how many updates had been taken in by then, in all."""

    at_ms: int
    pending: int
    came: int
    last_error_s: int | None = None


def confirmed_upto(before: Look | None, now: Look) -> int | None:
    """The time up to which all is taken in, in ms; None when these looks do not tell.

    Nothing is pending: all that there was at the look before has come. Or none failed since, and as many came as were
    pending then: older ones are brought first, and each attempt ends, well or ill, before the next look.
    """
    if before is None:
        return None
    came_all = now.came - before.came >= before.pending and not _failed_since(before, now)
    return before.at_ms if now.pending == 0 or came_all else None


def _failed_since(before: Look, now: Look) -> bool:
    if now.last_error_s is None:
        return False
    return now.last_error_s != before.last_error_s or now.last_error_s * 1000 > before.at_ms - SKEW_MS
