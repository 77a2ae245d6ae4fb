"""Shows the figures: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

MOST_MIB: Final = 32


class Outcome(NamedTuple):
    """`sent` of `owed` files. `uploads`: each bot owes one for each file. Memory in MiB, before and at its peak."""

    bots: int
    chats: int
    sent: int
    owed: int
    uploads: int
    uploads_owed: int
    before_mib: float
    peak_mib: float

    @property
    def growth_mib(self) -> float:
        return self.peak_mib - self.before_mib

    @property
    def holds(self) -> bool:
        return self.sent == self.owed and self.uploads == self.uploads_owed and self.growth_mib < MOST_MIB

    def as_json(self) -> dict[str, Any]:
        more = {"cache_hits": self.sent - self.uploads, "growth_mib": round(self.growth_mib, 1), "holds": self.holds}
        rounded = {"before_mib": round(self.before_mib, 1), "peak_mib": round(self.peak_mib, 1)}
        return self._asdict() | rounded | more

    def as_table(self) -> str:
        return "\n".join(
            [
                f"{self.bots} bots, {self.chats} chats each, files of 1 and 19 MiB",
                f"sent          {self.sent:>6}  of {self.owed}",
                f"uploads       {self.uploads:>6}  must be {self.uploads_owed}: each bot uploads each file once",
                f"memory before {self.before_mib:>6.1f}  MiB of the poller",
                f"growth        {self.growth_mib:>6.1f}  MiB at most: must be below {MOST_MIB}",
                "The memory does not depend on the files." if self.holds else "Something is NOT as it must be.",
            ]
        )
