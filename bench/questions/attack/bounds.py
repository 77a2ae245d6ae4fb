"""What an attack may do to the genuine users, to memory and to the logs, at most."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Figure(NamedTuple):
    """`most`: None if there may be as much of it as there is."""

    meaning: str
    most: int | None = None
    least: int = 0

    def allows(self, value: int) -> bool:
        return self.least <= value and (self.most is None or value <= self.most)


_NEW_CONNECTION_MS: Final = 2_000
"""The kernel asks for a connection again after a second if the server's backlog was full when it asked first."""

FIGURES: Final[Mapping[str, Figure]] = {
    "updates": Figure("genuine updates that were taken", least=1),
    "taken_p50_ms": Figure("from the moment somebody writes until the update is taken: half of them"),
    "taken_p99_ms": Figure("99 of 100 of them"),
    "taken_max_ms": Figure("the slowest of them", 1_000),
    "refused": Figure("deliveries that the receiver did not take, and that came again"),
    "untaken": Figure("genuine updates that were never taken", 0),
    "health_max_ms": Figure("the slowest answer of /healthz to a new connection", _NEW_CONNECTION_MS),
    "health_failed": Figure("calls of /healthz without an answer", 0),
    "report_max_ms": Figure("the slowest answer to a genuine integrator", 1_000),
    "report_failed": Figure("genuine reports that were refused or not answered", 0),
    "screens": Figure("screens that the owner asked for and got", least=1),
    "screen_p50_ms": Figure("from a tap until its screen is there: half of them", 500),
    "screen_max_ms": Figure("the slowest of them", 2_000),
    "screen_failed": Figure("taps of the owner without a screen", 0),
    "receiver_peak_mib": Figure("the most memory of the receiver"),
    "receiver_growth_mib": Figure("how much more than before the attack", 128),
    "manager_peak_mib": Figure("the most memory of the manager"),
    "manager_growth_mib": Figure("how much more than before the attack", 32),
    "log_kib": Figure("written into the logs of receiver, manager and poller", 16),
    "invented_timers": Figure("timers of chats that were invented", 0),
    "leaks": Figure("secrets of the attack that stand in a log", 0),
}
