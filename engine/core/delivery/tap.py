"""What a tap on a tracked link is worth, judged by what became of the episode that sent it.

A tap counts while the episode is open and for a while after its end; later it only leads on. The first tap of a
delivery that counts is a sign of life. A further one is not: a message can be forwarded, and then strangers tap.
"""

from typing import Final, NamedTuple

from engine.core.campaign.snapshot import DAY_MS

COUNTS_AFTER_END_MS: Final = 2 * DAY_MS
"""As long as a payment is credited to an episode that is over."""


class TappedDelivery(NamedTuple):
    """`ended_at_ms` None: the episode is open. `tapped`: a tap on one of the delivery's buttons has been counted."""

    ended_at_ms: int | None
    tapped: bool


def counts(delivery: TappedDelivery, now_ms: int) -> bool:
    return delivery.ended_at_ms is None or now_ms - delivery.ended_at_ms <= COUNTS_AFTER_END_MS


def is_sign_of_life(delivery: TappedDelivery, now_ms: int) -> bool:
    return counts(delivery, now_ms) and not delivery.tapped
