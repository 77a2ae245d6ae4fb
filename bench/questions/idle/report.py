"""How the figures are told: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

from bench.questions.idle.figures import Figures
from engine.poller.lane import LONGEST_SLEEP_S

_ROUNDING: Final = 1.1
"""One look more or less falls into the time that is measured."""


class Outcome(NamedTuple):
    bots: int
    chats: int
    shards: int
    figures: Figures

    @property
    def holds(self) -> bool:
        """All chats are armed still, nobody touched them, and nobody looked at them more often than need be."""
        still = self.figures.armed == self.chats and not self.figures.claimed and not self.figures.sent
        return still and self.figures.redis_by_command.get("claim_due", 0) <= self.claims_allowed

    @property
    def claims_allowed(self) -> float:
        """A second: each bot is looked at once in LONGEST_SLEEP_S."""
        return self.bots / LONGEST_SLEEP_S * _ROUNDING

    def as_json(self) -> dict[str, Any]:
        asked = {"bots": self.bots, "chats": self.chats, "shards": self.shards}
        return asked | self.figures._asdict() | {"holds": self.holds}

    def as_table(self) -> str:
        told = self.figures
        return "\n".join(
            [
                f"{self.bots} bots, {told.armed} armed chats, {self.shards} shards, nothing due, {told.seconds:g} s",
                _line("Redis commands", told.redis_commands, "/s; a script counts as one"),
                *(_line(f"  {name}", rate, "/s") for name, rate in told.redis_by_process.items()),
                *(_line(f"  {name}", rate, "/s") for name, rate in told.redis_by_command.items()),
                _line("  inside scripts", told.redis_inside_scripts, "/s more"),
                _line("PostgreSQL", told.transactions, "transactions/s"),
                *(_line(f"Bot API {name}", rate, "/s") for name, rate in told.requests.items()),
                *(_line(name, 100 * told.cpu[name], f"% of a core, {told.rss_mib[name]:g} MiB") for name in told.cpu),
                _line("claimed", told.claimed, "must be 0"),
                _line("sent", told.sent, "must be 0"),
                "All lay still." if self.holds else "Something MOVED, or was looked at too often.",
            ]
        )


def _line(name: str, value: float, unit: str) -> str:
    return f"{name:<22}{value:>10.2f} {unit}"
