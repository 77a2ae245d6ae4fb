"""Turns the sandbox's record of a herd into figures. Pure."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from bench.harness.cpu import ms_per_message
from bench.sandbox.protocol import Row


class Herd(NamedTuple):
    """`chats` of each bot are due at once, and each bot may send `pace` messages a second."""

    pace: int
    bots: int
    chats: int
    limited: bool

    @property
    def messages(self) -> int:
        return self.bots * self.chats


class Figures(NamedTuple):
    """`per_s` is counted from the first message to the last. `refused` and `violations` must be 0."""

    herd: Herd
    messages: int
    duplicates: int
    refused: int
    violations: int
    per_s: float
    cpu_ms_per_message: Mapping[str, float]

    @property
    def holds(self) -> bool:
        return self.messages == self.herd.messages and not (self.duplicates or self.refused or self.violations)

    @property
    def share_of_pace(self) -> float:
        """Of what all bots together may send."""
        return round(self.per_s / (self.herd.bots * self.herd.pace), 3)

    def as_json(self) -> dict[str, Any]:
        return {**self.herd._asdict(), **self._asdict(), "herd": self.herd.messages, "holds": self.holds}


def figures(
    herd: Herd,
    rows: Iterable[Row],
    since_ms: int,
    violations: int,
    used_s: tuple[Mapping[str, float], Mapping[str, float]],
) -> Figures:
    """The herd was released at `since_ms`. An older request is recorded once more when its connection closes."""
    calls = [row for row in rows if row.method == "sendMessage" and row.arrived_ms >= since_ms]
    sent = [row for row in calls if row.ok]
    moments = [row.arrived_ms for row in sent]
    seconds = (max(moments, default=1) - min(moments, default=0)) / 1000
    return Figures(
        herd=herd,
        messages=len(sent),
        duplicates=len(sent) - len({(row.bot_id, row.chat_id) for row in sent}),
        refused=sum(row.error_code == HTTPStatus.TOO_MANY_REQUESTS for row in calls),
        violations=violations,
        per_s=round(len(sent) / seconds) if seconds else 0,
        cpu_ms_per_message=ms_per_message(*used_s, len(sent)),
    )
