"""The settings of a campaign in words: one line each, always in the same order."""

from bot.texts import Say
from engine.core.campaign import Snapshot
from engine.core.schedule import write_duration


def settings_lines(say: Say, snapshot: Snapshot) -> tuple[str, ...]:
    """As HTML."""
    return (
        say("⏱ Silence: {time}", time=write_duration(snapshot.threshold_ms)),
        say("🌍 Zone: {zone}", zone=snapshot.zone),
        say("✅ Skips customers who paid") if snapshot.skip_paid else say("☐ Sends to customers who paid too"),
        say("⌛ At most {time} late", time=write_duration(snapshot.lateness_ms)),
    )
