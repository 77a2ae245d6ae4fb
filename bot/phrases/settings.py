"""The settings of a campaign in words: a line for each, always in the same order."""

from bot.framework.i18n import Translator
from engine.core.campaign.frequency_caps import Limits
from engine.core.campaign.snapshot import Snapshot
from engine.core.schedule import sending_hours
from engine.core.schedule.sending_hours import ENGLISH, PORTUGUESE
from engine.core.schedule.step_schedule import write_duration


def settings_lines(say: Translator, snapshot: Snapshot) -> tuple[str, ...]:
    """As HTML."""
    return (
        say("⏱ Silence: {time}", time=write_duration(snapshot.threshold_ms)),
        say("🌍 Time zone: {zone}", zone=snapshot.zone),
        _hours(say, snapshot),
        say("✅ Skips customers who have paid")
        if snapshot.skip_paid
        else say("☐ Also sends to customers who have paid"),
        *limit_lines(say, snapshot.limits),
        say("⌛ Never sends more than {time} late", time=write_duration(snapshot.lateness_ms)),
    )


def limit_lines(say: Translator, limits: Limits) -> tuple[str, str]:
    """How many messages, and how often the sequence repeats, as HTML."""
    day, week, month = (count or "∞" for count in (limits.per_day, limits.per_week, limits.per_month))
    again = write_duration(limits.again_after_ms) if limits.again_after_ms else "0"
    return (
        say("✋ Up to {day} steps per person in 24 h, {week} in 7 days", day=day, week=week),
        say(
            "🔁 Repeats for the same person after {time} at the earliest, up to {month} times in 30 days",
            time=again,
            month=month,
        ),
    )


def _hours(say: Translator, snapshot: Snapshot) -> str:
    if snapshot.window is None:
        return say("🕘 Sends at any hour")
    hours = sending_hours.write(snapshot.window, PORTUGUESE if say.language == "pt" else ENGLISH)
    if snapshot.window.mode == "drop":
        return say("🕘 Sends {hours}. Outside those hours, a step is skipped", hours=hours)
    if snapshot.window.mode == "strict":
        return say("🕘 Sends {hours}. Outside those hours, a step waits, even half-sent", hours=hours)
    return say("🕘 Sends {hours}. Outside those hours, a step waits", hours=hours)
