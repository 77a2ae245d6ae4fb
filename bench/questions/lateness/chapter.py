"""The goals of lateness, and what the document shows of it."""

from collections.abc import Iterator
from typing import Any, Final

from bench.harness.chapter import AT_MOST, Chapter, Figures, Goal, Plot, Table
from bench.questions.lateness.loads import BESIDE, NULL_SENDER, PLAIN

_CLAIMED_MS: Final = {100: 10, 300: 20, 1_000: 60}
"""The p99 of the committed claim, at each rate."""
_ANSWERED: Final = 2.5
"""How many times that an answer may take."""
_CPU_MS: Final = {100: 4, 300: 2, 1_000: 1.1}
_NAMES: Final = {PLAIN: "alone", BESIDE: "beside touches and armed chats", NULL_SENDER: "null sender"}
_PARTS: Final = ("receiver", "pollers", "valkey", "postgres")


def _goals() -> Iterator[Goal]:
    yield Goal("committed claim p50 at 100/s", f"{PLAIN}.100.claim_ms.p50", AT_MOST, 3, "ms")
    for rate, bound in _CLAIMED_MS.items():
        at = f"{PLAIN}.{rate}"
        yield Goal(f"committed claim p99 at {rate:,}/s", f"{at}.claim_ms.p99", AT_MOST, bound, "ms")
        yield Goal(f"answered p99 at {rate:,}/s", f"{at}.answered_ms.p99", AT_MOST, _ANSWERED * bound, "ms")
        yield Goal(f"CPU a message at {rate:,}/s", f"{at}.cpu_ms_per_message.total", AT_MOST, _CPU_MS[rate], "ms")
        yield Goal(f"early at {rate:,}/s", f"{at}.early", AT_MOST, 0)
    null = f"{NULL_SENDER}.1000"
    yield Goal("null sender: committed claim p99 at 1,000/s", f"{null}.claim_ms.p99", AT_MOST, 10, "ms")


def _runs(figures: Figures) -> Iterator[tuple[str, dict[str, Any]]]:
    for load, name in _NAMES.items():
        for run in figures.get(load, {}).values():
            yield name, run


def _tables(figures: Figures) -> list[Table]:
    late = [
        (
            name,
            run["rate"],
            *run["claim_ms"].values(),
            *run["answered_ms"].values(),
            run["early"],
            run["messages"],
            run.get("touches_per_s"),
        )
        for name, run in _runs(figures)
    ]
    spread = [
        (
            name,
            run["rate"],
            *(_range(run["spread"][of][rank]) for of in ("claim_ms", "answered_ms") for rank in ("p50", "p99")),
        )
        for name, run in _runs(figures)
    ]
    cpu = [
        (name, run["rate"], *(run["cpu_ms_per_message"][part] for part in (*_PARTS, "total")))
        for name, run in _runs(figures)
    ]
    head = (
        "load",
        "due/s",
        "claimed p50",
        "p99",
        "p99.9",
        "answered p50",
        "p99",
        "p99.9",
        "early",
        "messages",
        "touches/s",
    )
    return [
        Table(head, late, "From the due, in ms; medians of the rounds"),
        Table(
            ("load", "due/s", "claimed p50", "p99", "answered p50", "p99"), spread, "Least to most of the rounds, in ms"
        ),
        Table(("load", "due/s", *_PARTS, "total"), cpu, "CPU for a message, in ms"),
    ]


def _range(spread: Any) -> str:
    _, least, most = spread
    return f"{least:g}–{most:g}"


def _plots(figures: Figures) -> list[Plot]:
    plain = list(figures.get(PLAIN, {}).values())
    rates = [f"{run['rate']:,}/s" for run in plain]
    late = {
        "claimed p50": [run["claim_ms"]["p50"] for run in plain],
        "claimed p99": [run["claim_ms"]["p99"] for run in plain],
        "answered p99": [run["answered_ms"]["p99"] for run in plain],
    }
    cpu = {part: [run["cpu_ms_per_message"][part] for run in plain] for part in _PARTS}
    return [
        Plot("late", "How late a message is", rates, late, "ms after the due", log=True),
        Plot("cpu", "CPU for a message", rates, cpu, "ms"),
    ]


CHAPTER: Final = Chapter(tuple(_goals()), _tables, _plots)
