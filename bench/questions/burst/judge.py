"""What the sandbox's record shows of a burst: which chats were sent a message, how fast, and when it was over. Pure.

A bot's fair finish is its chats divided by its pace. While some bots are refused (429), all others should go on as
before: the judge compares the gaps between the messages of one bot within the windows of the refusals with the gaps
outside them, in the same run. A refused bot rests as long as its window lasts, and may finish that much later.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Final, NamedTuple

from bench.harness import pace
from bench.harness.pace import Pace
from bench.sandbox.protocol import Row

FINISH_SLACK: Final = 0.10
MOST_ADDED_MS: Final = 50.0
_RANK: Final = 0.99


class Window(NamedTuple):
    """The time in which one bot was refused, in ms."""

    bot: int
    from_ms: int
    until_ms: int

    def holds(self, moment_ms: int) -> bool:
        return self.from_ms <= moment_ms < self.until_ms


class Burst(NamedTuple):
    """`chats` of each bot were due at `since_ms`, and each bot sends `rate` messages a second."""

    bots: Sequence[int]
    chats: int
    rate: int
    since_ms: int
    windows: Sequence[Window]


class Verdict(NamedTuple):
    """`refused`: 429s that were not planted. `finish`: when each bot was done, as a multiple of its fair finish.

    `added_ms`: how much longer the p99 of a bot's gaps was while another bot was refused; negative if shorter.
    """

    sent: int
    duplicates: int
    lost: int
    refused: int
    planted: int
    absorbed: int
    pace: Pace
    finish: Mapping[int, float]
    added_ms: Mapping[int, float]

    @property
    def late(self) -> int:
        return sum(times > 1 + FINISH_SLACK for times in self.finish.values())

    @property
    def delayed(self) -> int:
        return sum(added > MOST_ADDED_MS for added in self.added_ms.values())

    @property
    def holds(self) -> bool:
        wrong = self.duplicates, self.lost, self.refused, self.pace.over, self.late, self.delayed
        return not any(wrong) and self.planted > 0


def judge(rows: Iterable[Row], burst: Burst) -> Verdict:
    calls = [row for row in rows if row.method == "sendMessage"]
    sent = [row for row in calls if row.ok]
    chats = {(row.bot_id, row.chat_id) for row in sent}
    refusals = [row for row in calls if row.error_code == HTTPStatus.TOO_MANY_REQUESTS]
    planted = sum(row.fault is not None for row in refusals)
    return Verdict(
        sent=len(sent),
        duplicates=len(sent) - len(chats),
        lost=len(burst.bots) * burst.chats - len(chats),
        refused=len(refusals) - planted,
        planted=planted,
        absorbed=sum(row.absorbed_ms is not None for row in sent),
        pace=pace.measure(sent, burst.rate),
        finish={bot: _finish(moments, bot, burst) for bot, moments in _arrivals(sent).items()},
        added_ms={bot: _added(moments, burst) for bot, moments in _unrefused(sent, burst).items()},
    )


def _arrivals(sent: Iterable[Row]) -> dict[int, list[int]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for row in sent:
        found[row.bot_id].append(row.arrived_ms)
    return {bot: sorted(moments) for bot, moments in found.items()}


def _unrefused(sent: Iterable[Row], burst: Burst) -> dict[int, list[int]]:
    refused = {window.bot for window in burst.windows}
    return {bot: moments for bot, moments in _arrivals(sent).items() if bot not in refused}


def _finish(moments: Sequence[int], bot: int, burst: Burst) -> float:
    rested_ms = sum(window.until_ms - window.from_ms for window in burst.windows if window.bot == bot)
    fair_ms = 1000 * burst.chats / burst.rate + rested_ms
    return (moments[-1] - burst.since_ms) / fair_ms


def _added(moments: Sequence[int], burst: Burst) -> float:
    inside: list[int] = []
    outside: list[int] = []
    for before, moment in pairwise(moments):
        (inside if any(window.holds(moment) for window in burst.windows) else outside).append(moment - before)
    return percentile(inside) - percentile(outside)


def percentile(values: Sequence[float], rank: float = _RANK) -> float:
    """The smallest value that at least this share of the values does not exceed; 0 if there are none."""
    return sorted(values)[math.ceil(rank * len(values)) - 1] if values else 0.0
