"""What the document says of the peers: the figures of each, and where one ties with us or is ahead."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.harness.chapter import AT_LEAST, AT_MOST, Chapter, Figures, Goal, Plot, Table
from bench.questions.peers.comparison import GENTLE_RATE, RATE

_GOALS: Final = (
    Goal("lists to the Celery design", "lists_to.celery", AT_LEAST, 200, "times"),
    Goal("lists to arq, the faster way", "lists_to.arq", AT_LEAST, 20, "times"),
    Goal("lists to BullMQ's changeDelay", "lists_to.bullmq_change_delay", AT_LEAST, 3, "times"),
    Goal(f"figures of peers that tie with ours or are ahead, at {RATE:,}/s", "not_behind", AT_MOST, 0),
)
_LATE: Final = ("p50", "p99", "most", "early", "begun")


def _tables(figures: Figures) -> Sequence[Table]:
    return [_work(figures), _lateness(figures), *_rivals(figures), *_refusals(figures)]


def _work(figures: Figures) -> Table:
    head = ("", "touches/s", "least–most", "client µs", "Redis µs", "bytes a chat", "after 5 messages", "in workers")
    rows = []
    for row in figures["rows"]:
        touches, held = row["touches"] or {}, row["bytes"] or {}
        of_touches = [touches.get(name) for name in ("client_us", "redis_us")]
        of_memory = [held.get(name) for name in ("redis", "redis_after_five", "workers")]
        if touches or held:
            rows.append((row["name"], touches.get("per_s"), _range(touches), *of_touches, *of_memory))
    return Table(head, rows, "A chat's timer starts again: how often a second, at which CPU and memory")


def _range(touches: Mapping[str, Any]) -> str | None:
    if not touches:
        return None
    _, least, most = touches["spread"]
    return f"{least:,.0f}–{most:,.0f}"


def _lateness(figures: Figures) -> Table:
    rates = [rate for rate in (RATE, GENTLE_RATE) if any(str(rate) in row["late_ms"] for row in figures["rows"])]
    head = ("", *(f"{name} at {rate:,}/s" for rate in rates for name in _LATE))
    rows = [
        (row["name"], *(cell for rate in rates for cell in _late(row["late_ms"].get(str(rate)))))
        for row in figures["rows"]
        if row["late_ms"]
    ]
    return Table(head, rows, "From due to the start of the work, in ms")


def _late(late: Mapping[str, Any] | None) -> Sequence[Any]:
    return (
        [f"{late[name] / late['due']:.0%}" if name == "begun" else late[name] for name in _LATE] if late else [None] * 5
    )


def _rivals(figures: Figures) -> Sequence[Table]:
    rows = [
        (one["peer"], one["column"], "ahead of us" if one["ahead"] else "a tie", one["theirs"], one["ours"])
        for one in figures["rivals"]
    ]
    return [Table(("peer", "column", "", "theirs", "ours"), rows, "Where a peer ties or is ahead")] if rows else []


def _refusals(figures: Figures) -> Sequence[Table]:
    rows = [(row["name"], row["refusal"]) for row in figures["rows"] if row["refusal"]]
    return [Table(("", "why it is not measured"), rows, "Not measured")] if rows else []


def _plots(figures: Figures) -> Sequence[Plot]:
    touched = [row for row in figures["rows"] if row["touches"]]
    late = [row for row in figures["rows"] if str(RATE) in row["late_ms"]]
    return [
        Plot(
            "touches",
            "A chat's timer starts again",
            [str(row["name"]) for row in touched],
            {"touches a second": [row["touches"]["per_s"] for row in touched]},
            "a second",
            log=True,
        ),
        Plot(
            "late",
            f"Lateness at {RATE:,} due a second",
            [str(row["name"]) for row in late],
            {name: [max(0.1, row["late_ms"][str(RATE)][name]) for row in late] for name in ("p50", "p99")},
            "ms after the due",
            log=True,
        ),
    ]


CHAPTER: Final = Chapter(_GOALS, _tables, _plots)
