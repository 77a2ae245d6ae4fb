"""Shows the rows: to machines as one JSON object, to people as tables."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from bench.questions.peers.comparison import GENTLE_RATE, RATE, Goal, Row, goals, rivals
from bench.questions.peers.figures import Lateness

_NAME: Final = 46
_RATES: Final = (RATE, GENTLE_RATE)
_NOTHING: Final = "-"
_HEAD: Final = (
    f"{'':<{_NAME}}{'touches/s':>10}{'least':>9}{'most':>9}{'client µs':>11}{'Redis µs':>10}"
    f"{'bytes':>8}{'after 5':>9}{'worker':>8}"
)


class Outcome(NamedTuple):
    """`conditions`: versions and settings, by name."""

    conditions: dict[str, str]
    rows: Sequence[Row]

    @property
    def goals(self) -> list[Goal]:
        return goals(self.rows)

    @property
    def holds(self) -> bool:
        """Each goal is met, and no peer ties with us or is ahead of us."""
        return all(goal.met for goal in self.goals) and not rivals(self.rows)

    def as_json(self) -> dict[str, Any]:
        return {
            "conditions": self.conditions,
            "rows": [_row_as_json(row) for row in self.rows],
            "goals": [{**goal._asdict(), "met": goal.met} for goal in self.goals],
            "rivals": [rival._asdict() for rival in rivals(self.rows)],
            "holds": self.holds,
        }

    def as_table(self) -> str:
        beside = [rival.sentence for rival in rivals(self.rows)]
        return "\n".join(
            [
                *(f"{name}: {value}" for name, value in self.conditions.items()),
                "",
                _HEAD,
                *map(_work_line, self.rows),
                "",
                f"{'late in ms, of ' + str(RATE) + ' and ' + str(GENTLE_RATE) + ' due/s':<{_NAME}}"
                + f"{'p50':>8}{'p99':>8}{'most':>8}{'early':>7}{'begun':>8}" * 2,
                *(_late_line(row) for row in self.rows if row.fired),
                "",
                *(_goal_line(goal) for goal in self.goals),
                *(beside or ["No peer ties with us or is ahead of us in any column."]),
            ]
        )


def _row_as_json(row: Row) -> dict[str, Any]:
    touches = {**row.touches._asdict(), "spread": row.touches_spread} if row.touches else None
    late = {str(rate): found._asdict() for rate in _RATES if (found := row.lateness(rate))}
    memory = row.memory._asdict() if row.memory else None
    return {"name": row.name, "touches": touches, "bytes": memory, "late_ms": late, "refusal": row.refusal or None}


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


def _goal_line(goal: Goal) -> str:
    measured = "not measured" if goal.measured is None else f"{goal.measured:g}"
    return f"{goal.name}: {measured}, at least {goal.least:g}: {'met' if goal.met else 'NOT met'}"
