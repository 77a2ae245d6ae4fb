"""May this block be sent now? One function, one order, a closed list of reasons.

The claim statement checks the same facts (from bot to paid) in PostgreSQL, under a lock and in the same words; this
function gives the reason.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Reason(StrEnum):
    """Why something was not sent: stored and logged, never translated."""

    # an episode ends
    COMPLETED = "completed"
    RETURNED = "returned"
    PAID = "paid"
    OPTED_OUT = "opted_out"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    CAMPAIGN_INACTIVE = "campaign_inactive"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DOUBTED = "doubted"
    # a step or block is skipped
    STEP_OFF = "step_off"
    STEP_DELETED = "step_deleted"
    LATE = "late"
    CAP = "cap"
    NEVER_FITS = "never_fits"
    REFUSED = "refused"
    MEDIA_MISSING = "media_missing"
    INTERNAL_ERROR = "internal_error"
    SHADOW = "shadow"
    # a block waits
    VERSION_CHANGED = "version_changed"
    FEED_STALE = "feed_stale"
    REDIS_LOST = "redis_lost"
    BOT_HELD = "bot_held"
    RETRY_AFTER = "retry_after"
    WINDOW_CLOSED = "window_closed"


class Pass(NamedTuple):
    """Nothing speaks against sending."""


class EndEpisode(NamedTuple):
    reason: Reason


class SkipStep(NamedTuple):
    """The step is not sent; the next one is anchored here."""

    reason: Reason


class Wait(NamedTuple):
    """Not now: ask again after the lane's pause, or at `until_ms`."""

    reason: Reason
    until_ms: int | None = None


Verdict = Pass | EndEpisode | SkipStep | Wait


class Facts(NamedTuple):
    """What PostgreSQL knows at the claim."""

    bot_status: str = "active"
    campaign_state: str = "live"
    emergency_stop: bool = False
    returned: bool = False
    reachable: bool = True
    opted_out: bool = False
    paid: bool = False
    doubted: bool = False
    """Another program may have taken the sign of life that ended this silence."""
    admin: bool = False
    room_ms: int | None = None
    """When another step may be sent to a person who has reached the limit."""


class Plan(NamedTuple):
    """What the published campaign and the clock say of the block."""

    skip_paid: bool
    step_refusal: Reason | None = None
    window_opens_ms: int | None = None
    """If the window is closed: when this block's turn comes."""
    outside_drops: bool = False
    late: bool = False
    latest_ms: int | None = None
    """The limits may put it off until then."""
    expired: bool = False
    """The whole sequence would have been over long ago."""


_HELD_BOTS: Final = frozenset({"paused", "suspended"})


def judge(facts: Facts, plan: Plan) -> Verdict:  # noqa: C901, PLR0911, PLR0912 - one line for each gate, in the order of the design
    if facts.bot_status in _HELD_BOTS:
        return Wait(Reason.BOT_HELD)
    if facts.bot_status == "removed" or facts.campaign_state == "stopped":
        return EndEpisode(Reason.STOPPED)
    if facts.emergency_stop or facts.campaign_state == "paused":
        return Wait(Reason.BOT_HELD)
    if facts.campaign_state == "draft":
        return EndEpisode(Reason.CAMPAIGN_INACTIVE)
    if facts.returned:
        return EndEpisode(Reason.RETURNED)
    if facts.admin:
        return EndEpisode(Reason.CANCELLED)
    if not facts.reachable:
        return EndEpisode(Reason.UNREACHABLE)
    if facts.opted_out:
        return EndEpisode(Reason.OPTED_OUT)
    if facts.paid and plan.skip_paid:
        return EndEpisode(Reason.PAID)
    if facts.doubted:
        return EndEpisode(Reason.DOUBTED)
    if plan.step_refusal:
        return SkipStep(plan.step_refusal)
    if plan.window_opens_ms is not None and plan.outside_drops:
        return SkipStep(Reason.WINDOW_CLOSED)
    if plan.window_opens_ms is not None:
        return Wait(Reason.WINDOW_CLOSED, plan.window_opens_ms)
    if plan.expired:
        return EndEpisode(Reason.EXPIRED)
    if facts.room_ms is not None:
        return _capped(facts.room_ms, plan.latest_ms)
    if plan.late:
        return SkipStep(Reason.LATE)
    if facts.campaign_state == "shadow":
        return SkipStep(Reason.SHADOW)
    return Pass()


def _capped(room_ms: int, latest_ms: int | None) -> Verdict:
    return Wait(Reason.CAP, room_ms) if latest_ms is None or room_ms <= latest_ms else SkipStep(Reason.CAP)
