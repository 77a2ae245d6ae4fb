"""All metrics of a process, for Prometheus, on a port of their own.

The port is on loopback only, and is not the one that people's browsers and Telegram reach. Labels come from closed
lists or are names of bots: never a chat, a text or a token.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from engine.core.delivery.outcome import Outcome, RetryLater
from engine.core.errors import SettingsError
from engine.runtime import metrics_port

_LATENESS_S: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 21_600)
"""From immediate to the default limit of lateness."""

touches = Counter("recovery_touches", "Signs of life taken in")
unreadable = Counter("recovery_unreadable_updates", "Updates left out because they could not be read")
silenced = Counter("recovery_manager_silenced", "Updates of strangers that the manager left out")
lost_taps = Counter("recovery_lost_taps", "Taps on tracked links that could not be recorded")
overloads = Counter("recovery_overloads", "Refused because a bot was over its share", ["bot", "kind"])
feeds = Gauge("recovery_feeds", "Bots whose updates this receiver takes in")
connections = Gauge("recovery_connections", "Open connections to this receiver")
turned_away = Counter("recovery_turned_away", "Requests and connections refused at the door", ["why"])
claims = Counter("recovery_claims", "Due timers claimed")
lanes = Gauge("recovery_lanes", "Bots that this poller serves")
waiting_for_feed = Gauge("recovery_lane_waits_for_feed", "1 while due timers of a bot wait for its updates", ["bot"])
lateness = Histogram("recovery_lateness_seconds", "From due until Telegram accepted the message", buckets=_LATENESS_S)
swept = Counter("recovery_swept", "Messages deleted or edited when their time came")
months_ahead = Gauge("recovery_months_ahead", "Months to come whose deliveries have a partition, as shard 0 sees them")
given_up = Counter("recovery_given_up", "Deliveries given up without an answer")
drift = Counter("recovery_drift", "Chats on which Redis and PostgreSQL did not agree, as mended", ["how"])

_answers = Counter("recovery_answers", "Outcomes of requests to send", ["bot", "outcome"])
_deliveries = Counter("recovery_deliveries", "Blocks as recorded in PostgreSQL", ["status", "reason"])


def serve(port: int | None) -> None:
    """Serve /metrics to Prometheus from now on. Raises SettingsError."""
    if port is None:
        return
    try:
        metrics_port.listen(port)
    except OSError as error:
        raise SettingsError(
            f"METRICS_PORT {port} cannot be listened on ({error}): give each process a port of its own, or none."
        ) from error


def answered(bot: str, outcome: Outcome) -> None:
    held = isinstance(outcome, RetryLater) and outcome.bot_wide
    _answers.labels(bot, "TooMany" if held else type(outcome).__name__).inc()


def delivered(status: str, reason: str | None) -> None:
    _deliveries.labels(status, reason or "").inc()
