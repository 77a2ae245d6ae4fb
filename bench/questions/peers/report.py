"""Shows the rows: to machines as one JSON object, to people as tables."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from bench.harness.chapter import shown
from bench.questions.peers.catalogue import LISTS
from bench.questions.peers.comparison import GENTLE_RATE, RATE, Row, lists_to, rivals
from bench.questions.peers.figures import Lateness

_NAME: Final = 46
_RATES: Final = (RATE, GENTLE_RATE)
_NOTHING: Final = "-"
_HEAD: Final = (
    f"{'':<{_NAME}}{'touches/s':>10}{'least':>9}{'most':>9}{'client µs':>11}{'Redis µs':>10}"
    f"{'bytes':>8}{'after 5':>9}{'worker':>8}"
)


class Outcome(NamedTuple):
    """`peers`: their versions. `load`: in words."""

    peers: str
    load: str
    rows: Sequence[Row]

    @property
    def holds(self) -> bool:
        """Our engine did all the work, and began nothing early; who is faster is for the reader to judge."""
        ours = next(row for row in self.rows if row.name == LISTS.name)
        late = [ours.lateness(rate) for rate in ours.fired]
        return not ours.refusal and bool(late) and all(one and one.begun == one.due and not one.early for one in late)

    def as_json(self) -> dict[str, Any]:
        beside = rivals(self.rows)
        return {
            "peers": self.peers,
            "load": self.load,
            "rows": [_row_as_json(row) for row in self.rows],
            "lists_to": lists_to(self.rows),
            "rivals": [rival._asdict() for rival in beside],
            "not_behind": len(beside),
            "holds": self.holds,
        }

    def as_table(self) -> str:
        beside, times = [rival.sentence for rival in rivals(self.rows)], lists_to(self.rows)
        return "\n".join(
            [
                self.load,
                _HEAD,
                *map(_work_line, self.rows),
                "",
                f"{'late in ms, of ' + str(RATE) + ' and ' + str(GENTLE_RATE) + ' due/s':<{_NAME}}"
                + f"{'p50':>8}{'p99':>8}{'most':>8}{'early':>7}{'begun':>8}" * 2,
                *(_late_line(row) for row in self.rows if row.fired),
                "",
                *(f"Lists do {shown(times)} times as many touches as {name}." for name, times in times.items()),
                *(beside or ["No peer ties with us or is ahead of us in any column."]),
                f"Peers: {self.peers}",
            ]
        )


def _row_as_json(row: Row) -> dict[str, Any]:
    touches = {**_rounded(row.touches._asdict()), "spread": row.touches_spread} if row.touches else None
    late = {str(rate): _rounded(found._asdict()) for rate in _RATES if (found := row.lateness(rate))}
    memory = _rounded(row.memory._asdict()) if row.memory else None
    return {"name": row.name, "touches": touches, "bytes": memory, "late_ms": late, "refusal": row.refusal or None}


def _rounded(figures: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: value and round(value, 2) for name, value in figures.items()}


def _work_line(row: Row) -> str:
    touches, memory = row.touches, row.memory
    spread = row.touches_spread if touches else None
    cells = [
        _cell(touches and touches.per_s, 10),
        _cell(spread and spread.least, 9),
        _cell(spread and spread.most, 9),
        _cell(touches and touches.client_us, 11, 2),
        _cell(touches and touches.redis_us, 10, 2),
        _cell(memory and memory.redis, 8),
        _cell(memory and memory.redis_after_five, 9),
        _cell(memory and memory.workers, 8),
    ]
    return f"{row.name:<{_NAME}}{''.join(cells)}" + (f"  {row.refusal}" if row.refusal else "")


def _late_line(row: Row) -> str:
    return f"{row.name:<{_NAME}}{''.join(_late_cells(row.lateness(rate)) for rate in _RATES)}"


def _late_cells(late: Lateness | None) -> str:
    if late is None:
        return f"{_NOTHING:>8}{_NOTHING:>8}{_NOTHING:>8}{_NOTHING:>7}{_NOTHING:>8}"
    begun = "all" if late.begun == late.due else f"{100 * late.begun / late.due:.0f} %"
    return f"{_cell(late.p50, 8)}{_cell(late.p99, 8)}{_cell(late.most, 8)}{late.early:>7}{begun:>8}"


def _cell(value: float | None, width: int, digits: int = 0) -> str:
    return f"{_NOTHING if value is None else f'{value:.{digits}f}':>{width}}"
