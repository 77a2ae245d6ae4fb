"""Compares what was measured beside an attack with the bounds. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.harness.percentiles import percentile
from bench.questions.attack.bounds import FIGURES

_KIB = 1024


class Answered(NamedTuple):
    """How long the answers took, and how many calls got none."""

    took_ms: Sequence[int]
    failed: int


class Seen(NamedTuple):
    """Memory by process, in MiB. `refused` deliveries came again; `updates.failed` never arrived."""

    updates: Answered
    refused: int
    health: Answered
    reports: Answered
    screens: Answered
    growth_mib: Mapping[str, int]
    peak_mib: Mapping[str, int]
    log_bytes: int
    invented_timers: int
    leaks: int


class Verdict(NamedTuple):
    """`attempts`: what the attackers did, and how often."""

    figures: Mapping[str, int]
    attempts: Mapping[str, int]

    @property
    def broken(self) -> list[str]:
        """The figures that are beyond their bounds."""
        return [name for name, value in self.figures.items() if not FIGURES[name].allows(value)]

    @property
    def holds(self) -> bool:
        return not self.broken


def judge(seen: Seen, attempts: Mapping[str, int]) -> Verdict:
    updates, screens = sorted(seen.updates.took_ms), sorted(seen.screens.took_ms)
    figures = {
        "updates": len(updates),
        "taken_p50_ms": percentile(updates, 50),
        "taken_p99_ms": percentile(updates, 99),
        "taken_max_ms": percentile(updates, 100),
        "refused": seen.refused,
        "untaken": seen.updates.failed,
        "health_max_ms": max(seen.health.took_ms, default=0),
        "health_failed": seen.health.failed,
        "report_max_ms": max(seen.reports.took_ms, default=0),
        "report_failed": seen.reports.failed,
        "screens": len(screens),
        "screen_p50_ms": percentile(screens, 50),
        "screen_max_ms": percentile(screens, 100),
        "screen_failed": seen.screens.failed,
        "receiver_peak_mib": seen.peak_mib["receiver"],
        "receiver_growth_mib": seen.growth_mib["receiver"],
        "manager_peak_mib": seen.peak_mib["manager"],
        "manager_growth_mib": seen.growth_mib["manager"],
        "log_kib": -(-seen.log_bytes // _KIB),
        "invented_timers": seen.invented_timers,
        "leaks": seen.leaks,
    }
    return Verdict(figures, attempts)
