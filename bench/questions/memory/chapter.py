"""The goals of memory, and what the document shows of it."""

from typing import Final

from bench.harness.chapter import AT_MOST, Chapter, Figures, Goal, Plot, Table
from bench.questions.memory.report import MOST_BYTES, MOST_EMPTY_MIB, MOST_FINISHED_BYTES

_GOALS: Final = (
    Goal("an armed chat in Redis, of a million", "bytes_per_chat", AT_MOST, MOST_BYTES, "bytes"),
    Goal("a chat whose episode is over", "bytes_per_finished_chat", AT_MOST, MOST_FINISHED_BYTES, "bytes"),
    Goal("an empty poller", "empty_mib.poller", AT_MOST, MOST_EMPTY_MIB, "MiB"),
)


def _tables(figures: Figures) -> list[Table]:
    resident = figures["resident_bytes_by_chats"]
    armed = [
        (f"{int(chats):,}", median, f"{least:.1f}–{most:.1f}", resident[chats][0])
        for chats, (median, least, most) in figures["bytes_by_chats"].items()
    ]
    processes = [(one["bots"], one["receiver"], one["poller"]) for one in figures["process_mib"]]
    each = [(part, figures["kib_per_bot"][part], figures["bytes_per_chat_in"][part]) for part in ("receiver", "poller")]
    return [
        Table(
            ("armed chats", "bytes each", "least to most", "resident bytes each"), armed, "Redis, everything included"
        ),
        Table(("bots", "receiver", "poller"), processes, "Resident memory at rest, in MiB"),
        Table(("process", "KiB a bot", "bytes a chat that has just written"), each, "What each bot and each chat adds"),
    ]


def _plots(figures: Figures) -> list[Plot]:
    sizes = figures["bytes_by_chats"]
    medians = {"an armed chat": [median for median, _, _ in sizes.values()]}
    return [Plot("chats", "Bytes of Redis for an armed chat", [f"{int(chats):,}" for chats in sizes], medians, "bytes")]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
