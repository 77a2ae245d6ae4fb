"""Shows the figures: to machines as one JSON object, to people as a table."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench.harness.rounds import Spread, spread
from bench.questions.memory.chats import ArmedBytes
from bench.questions.memory.processes import Weight, Weights

JUDGED_CHATS: Final = 1_000_000
MOST_BYTES: Final = 150
"""For an armed chat, of a million."""
MOST_FINISHED_BYTES: Final = 0.5
"""Nothing is left of a chat: this is what the server's own buffers may differ by, for each of the chats."""
MOST_EMPTY_MIB: Final = 120
_MIB: Final = 2**20


class Outcome(NamedTuple):
    """`finished`: bytes that are left for each chat whose episode is over."""

    armed: Sequence[ArmedBytes]
    finished: float
    processes: Weights

    @property
    def bytes_per_chat(self) -> float:
        return next(each.median for chats, each in self._by_size().items() if chats >= JUDGED_CHATS)

    @property
    def holds(self) -> bool:
        return (
            self.bytes_per_chat <= MOST_BYTES
            and self.finished <= MOST_FINISHED_BYTES
            and self._empty.poller <= MOST_EMPTY_MIB * _MIB
        )

    @property
    def _empty(self) -> Weight:
        return self.processes.by_bots[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "bytes_per_chat": self.bytes_per_chat,
            "bytes_by_chats": {str(chats): each for chats, each in self._by_size().items()},
            "resident_bytes_by_chats": {str(chats): each for chats, each in self._by_size("resident").items()},
            "bytes_per_finished_chat": round(self.finished, 2),
            "process_mib": [_mib(weight) for weight in self.processes.by_bots],
            "empty_mib": {"receiver": _mib(self._empty)["receiver"], "poller": _mib(self._empty)["poller"]},
            "kib_per_bot": self._per_bot(),
            "bytes_per_chat_in": self._per_chat(),
            "goals": {
                "bytes_per_chat": MOST_BYTES,
                "bytes_per_finished_chat": MOST_FINISHED_BYTES,
                "empty_mib": MOST_EMPTY_MIB,
            },
            "holds": self.holds,
        }

    def as_table(self) -> str:
        per_bot, per_chat = self._per_bot(), self._per_chat()
        return "\n".join(
            [
                f"{'armed chats':>12}{'bytes each':>12}{'least':>8}{'most':>8}   of Redis, everything included",
                *(f"{chats:>12}{one[0]:>12.1f}{one[1]:>8.1f}{one[2]:>8.1f}" for chats, one in self._by_size().items()),
                f"{'finished':>12}{self.finished:>12.1f}   must be 0: a chat whose episode is over",
                f"{'bots':>12}{'receiver':>12}{'poller':>8}   MiB, at rest",
                *(
                    f"{weight['bots']:>12}{weight['receiver']:>12}{weight['poller']:>8}"
                    for weight in map(_mib, self.processes.by_bots)
                ),
                f"{'each bot':>12}{per_bot['receiver']:>12}{per_bot['poller']:>8}   KiB",
                f"{'each chat':>12}{per_chat['receiver']:>12}{per_chat['poller']:>8}   bytes, just after it wrote",
                "Every goal is met." if self.holds else "A goal is NOT met.",
            ]
        )

    def _by_size(self, kind: str = "used") -> dict[int, Spread]:
        sizes = dict.fromkeys(one.chats for one in self.armed)
        return {chats: spread((getattr(one, kind) for one in self.armed if one.chats == chats), 1) for chats in sizes}

    def _per_bot(self) -> dict[str, float]:
        """Between the first bot and the last: what comes with the first one is not paid again."""
        one, most = self.processes.by_bots[1], self.processes.by_bots[-1]
        return {
            part: round((getattr(most, part) - getattr(one, part)) / 1024 / (most.bots - one.bots), 1)
            for part in ("receiver", "poller")
        }

    def _per_chat(self) -> dict[str, int]:
        one, people = self.processes.by_bots[1], self.processes.with_people
        return {
            part: round((getattr(people, part) - getattr(one, part)) / self.processes.people)
            for part in ("receiver", "poller")
        }


def _mib(weight: Weight) -> dict[str, float]:
    return {
        "bots": weight.bots,
        "receiver": round(weight.receiver / _MIB, 1),
        "poller": round(weight.poller / _MIB, 1),
    }
