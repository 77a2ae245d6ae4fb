"""How much one person may get: steps in a day and in a week, and how often the sequence may start again for them.

The hours roll, they are not calendar days: two in an hour are two. 0 means no limit. A document without limits has
none; a campaign that is created in the manager starts with limits that suit most people.
"""

from typing import Final

import msgspec

from engine.core.errors import CampaignError

DAY_MS: Final = 86_400_000
WEEK_MS: Final = 7 * DAY_MS
MONTH_MS: Final = 30 * DAY_MS
MOST: Final = 100


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Steps sent in 24 h and in 7 days; ms between the starts of two episodes, and how many may start in 30 days."""

    per_day: int = 0
    per_week: int = 0
    again_after_ms: int = 0
    per_month: int = 0


SUITABLE: Final = Limits(per_day=3, per_week=8, again_after_ms=DAY_MS, per_month=5)


def check(limits: Limits) -> None:
    for count in (limits.per_day, limits.per_week, limits.per_month):
        if not 0 <= count <= MOST:
            raise CampaignError(
                "A limit of {count} is not allowed: write 1 to {most}, or 0 for none.", count=count, most=MOST
            )
    if not 0 <= limits.again_after_ms <= MONTH_MS:
        raise CampaignError("The time before a sequence repeats is at most 30 days: write for example 24h.")
