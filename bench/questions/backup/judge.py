"""How late each message was, and the verdict. Pure."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from bench.harness.percentiles import percentile

Chat: TypeAlias = tuple[int, int]

MOST_LATE_MS: Final = 2_000
_MEANINGS: Final = {
    "messages": "sent while the database was read",
    "p50_ms": "from when a message was due until it reached the Bot API: half of them within this time",
    "p99_ms": "99 of 100 within this time",
    "max_ms": f"the latest: must be at most {MOST_LATE_MS}",
    "late": f"later than {MOST_LATE_MS} ms: must be 0",
    "lost": "due and never sent: must be 0",
    "repeated": "sent more than once: must be 0",
    "stall_ms": "the longest time in which nothing was sent",
    "backups": "made meanwhile",
    "in_default": "deliveries that lie in the default partition",
    "missing": "months without a partition at the end, but for the one that lies in the default partition: must be 0",
}


class Seen(NamedTuple):
    """What the engine held of the chats, what the sandbox received, and what became of the months."""

    due: Mapping[Chat, int]
    arrived: Sequence[tuple[Chat, int]]
    backups: int
    in_default: int
    missing: Sequence[str]


class Outcome(NamedTuple):
    figures: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return not any(self.figures[name] for name in ("late", "lost", "repeated", "missing"))

    def as_json(self) -> dict[str, Any]:
        return {**self.figures, "holds": self.holds}

    def as_table(self) -> str:
        lines = [f"{name:<11}{self.figures[name]:>7}  {meaning}" for name, meaning in _MEANINGS.items()]
        return "\n".join(
            [*lines, "The promise is kept." if self.holds else "The promise is BROKEN: see the lines that say must."]
        )


def judge(seen: Seen) -> Outcome:
    first: dict[Chat, int] = {}
    for chat, arrived_ms in seen.arrived:
        first[chat] = min(arrived_ms, first.get(chat, arrived_ms))
    late = sorted(max(0, first[chat] - due_ms) for chat, due_ms in seen.due.items() if chat in first)
    moments = sorted(moment for _, moment in seen.arrived)
    return Outcome(
        {
            "messages": len(seen.arrived),
            "p50_ms": percentile(late, 50),
            "p99_ms": percentile(late, 99),
            "max_ms": percentile(late, 100),
            "late": sum(one > MOST_LATE_MS for one in late),
            "lost": sum(chat not in first for chat in seen.due),
            "repeated": len(seen.arrived) - len(first),
            "stall_ms": max((after - before for before, after in pairwise(moments)), default=0),
            "backups": seen.backups,
            "in_default": seen.in_default,
            "missing": len(seen.missing),
        }
    )
