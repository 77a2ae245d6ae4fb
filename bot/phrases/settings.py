"""The settings of a campaign in words: one line each, always in the same order."""

from bot.framework.i18n import Say
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Snapshot
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import ENGLISH, PORTUGUESE
from engine.core.schedule.step_schedule import write_duration


def settings_lines(say: Say, snapshot: Snapshot) -> tuple[str, ...]:
    """As HTML."""
    return (
        say("⏱ Silence: {time}", time=write_duration(snapshot.threshold_ms)),
        say("🌍 Zone: {zone}", zone=snapshot.zone),
        _hours(say, snapshot),
        say("✅ Skips customers who paid") if snapshot.skip_paid else say("☐ Sends to customers who paid too"),
        *limit_lines(say, snapshot.limits),
        say("⌛ At most {time} late", time=write_duration(snapshot.lateness_ms)),
    )


def limit_lines(say: Say, limits: Limits) -> tuple[str, str]:
    """How much, and how often anew, as HTML."""
    day, week, month = (count or "∞" for count in (limits.per_day, limits.per_week, limits.per_month))
    again = write_duration(limits.again_after_ms) if limits.again_after_ms else "0"
    return (
        say("✋ At most {day} steps in 24 h, {week} in 7 days", day=day, week=week),
        say("🔁 Anew after {time}, at most {month} times in 30 days", time=again, month=month),
    )


def _hours(say: Say, snapshot: Snapshot) -> str:
    if snapshot.window is None:
        return say("🕘 Sends at any hour")
    hours = sending_hours.write(snapshot.window, PORTUGUESE if say.language == "pt" else ENGLISH)
    if snapshot.window.mode == "drop":
        return say("🕘 Sends {hours}; outside of it a step is skipped", hours=hours)
    if snapshot.window.mode == "strict":
        return say("🕘 Sends {hours}; outside of it a step waits, even a begun one", hours=hours)
    return say("🕘 Sends {hours}; outside of it a step waits", hours=hours)
