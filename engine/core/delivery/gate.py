"""May this block be sent now? One function, one order, a closed list of reasons.

The claim statement checks the same facts (bot to paid) under a lock, in PostgreSQL, in the same words; what is judged
here says why. Facts that do not exist yet (hold-out) pass by default.
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
    # a step or block is skipped
    STEP_OFF = "step_off"
    STEP_DELETED = "step_deleted"
    LATE = "late"
    CAP = "cap"
    NEVER_FITS = "never_fits"
    HOLD_OUT = "hold_out"
    RENDER_ERROR = "render_error"
    REFUSED = "refused"
    MEDIA_MISSING = "media_missing"
    INTERNAL_ERROR = "internal_error"
    SHADOW = "shadow"
    # it waits
    VERSION_CHANGED = "version_changed"
    EPISODE_ACTIVE = "episode_active"
    FEED_STALE = "feed_stale"
    REDIS_LOST = "redis_lost"
    BOT_HELD = "bot_held"
    RETRY_AFTER = "retry_after"
    WINDOW_CLOSED = "window_closed"


class Pass(NamedTuple):
    """Nothing speaks against it."""


class EndEpisode(NamedTuple):
    reason: Reason


class SkipStep(NamedTuple):
    """The step is not sent; the next one is anchored here."""

    reason: Reason


class Wait(NamedTuple):
    """Not now: asked again after the lane's pause, or at `until_ms`."""

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
    admin: bool = False
    room_ms: int | None = None
    """When another step may be sent, if as many as one person may get have been."""


class Plan(NamedTuple):
    """What the published campaign and the clock say of the block."""

    skip_paid: bool
    step_refusal: Reason | None = None
    hold_out: bool = False
    window_opens_ms: int | None = None
    """When it is this block's turn, if the window is closed."""
    outside_drops: bool = False
    late: bool = False
    latest_ms: int | None = None
    """Until when it may be put off by the limits."""
    expired: bool = False
    """All of the sequence would have been over long ago."""
    content_refusal: Reason | None = None


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
    if plan.step_refusal:
        return SkipStep(plan.step_refusal)
    if plan.hold_out:
        return SkipStep(Reason.HOLD_OUT)
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
    if plan.content_refusal:
        return SkipStep(plan.content_refusal)
    if facts.campaign_state == "shadow":
        return SkipStep(Reason.SHADOW)
    return Pass()


def _capped(room_ms: int, latest_ms: int | None) -> Verdict:
    return Wait(Reason.CAP, room_ms) if latest_ms is None or room_ms <= latest_ms else SkipStep(Reason.CAP)
