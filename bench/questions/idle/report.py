"""Shows the figures: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

from bench.questions.idle.figures import Figures
from engine.poller.lane import LONGEST_SLEEP_S

_ROUNDING: Final = 1.1
"""The measured time may contain one look more or less."""


class Outcome(NamedTuple):
    bots: int
    chats: int
    shards: int
    figures: Figures

    @property
    def holds(self) -> bool:
        """All chats are still armed, nothing touched them, and no poller looked more often than it has to."""
        still = self.figures.armed == self.chats and not self.figures.claimed and not self.figures.sent
        return still and self.figures.redis_by_command.get("claim_due", 0) <= self.claims_allowed

    @property
    def claims_allowed(self) -> float:
        """A second. A poller looks at each bot once in LONGEST_SLEEP_S."""
        return self.bots / LONGEST_SLEEP_S * _ROUNDING

    def as_json(self) -> dict[str, Any]:
        asked = {"bots": self.bots, "chats": self.chats, "shards": self.shards}
        return asked | self.figures._asdict() | {"holds": self.holds}

    def as_table(self) -> str:
        found = self.figures
        return "\n".join(
            [
                f"{self.bots} bots, {found.armed} armed chats, {self.shards} shards, nothing due, {found.seconds:g} s",
                _line("Redis commands", found.redis_commands, "/s; a script counts as one"),
                *(_line(f"  {name}", rate, "/s") for name, rate in found.redis_by_process.items()),
                *(_line(f"  {name}", rate, "/s") for name, rate in found.redis_by_command.items()),
                _line("  inside scripts", found.redis_inside_scripts, "/s more"),
                _line("PostgreSQL", found.transactions, "transactions/s"),
                *(_line(f"Bot API {name}", rate, "/s") for name, rate in found.requests.items()),
                *(
                    _line(name, 100 * found.cpu[name], f"% of a core, {found.rss_mib[name]:g} MiB")
                    for name in found.cpu
                ),
                _line("claimed", found.claimed, "must be 0"),
                _line("sent", found.sent, "must be 0"),
                "Everything stayed at rest." if self.holds else "Something MOVED, or was looked at too often.",
            ]
        )


def _line(name: str, value: float, unit: str) -> str:
    return f"{name:<22}{value:>10.2f} {unit}"
