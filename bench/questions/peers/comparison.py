"""Who is ahead of whom, in which column, by how much: computed from the figures. Pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bench.harness.rounds import Spread, spread
from bench.questions.peers import catalogue
from bench.questions.peers.figures import Lateness, Memory, Touches, median_lateness, median_touches

RATE: Final = 1_000
"""Due a second, at which everybody is compared."""
GENTLE_RATE: Final = 100
_TIE: Final = 1.1
"""Two figures whose ratio is less are said to be equal: runs differ by as much."""


class Row(NamedTuple):
    """What was measured of one way. `fired`: by the number due each second. `refusal`: why there is no more."""

    name: str
    touched: Sequence[Touches] = ()
    memory: Memory | None = None
    fired: Mapping[int, Sequence[Lateness]] = {}
    refusal: str = ""

    @property
    def touches(self) -> Touches | None:
        return median_touches(self.touched) if self.touched else None

    @property
    def touches_spread(self) -> Spread:
        return spread(one.per_s for one in self.touched)

    def lateness(self, rate: int) -> Lateness | None:
        return median_lateness(self.fired[rate]) if self.fired.get(rate) else None


class Column(NamedTuple):
    """`value`: None where the row has none. `more`: whether more is better."""

    title: str
    value: Callable[[Row], float | None]
    more: bool = False


def _of_lateness(value: Callable[[Lateness], float]) -> Callable[[Row], float | None]:
    def read(row: Row) -> float | None:
        found = row.lateness(RATE)
        return value(found) if found else None

    return read


COLUMNS: Final[Sequence[Column]] = (
    Column("touches/s", lambda row: row.touches and row.touches.per_s, more=True),
    Column("client CPU a touch", lambda row: row.touches and row.touches.client_us),
    Column("Redis CPU a touch", lambda row: row.touches and row.touches.redis_us),
    Column("Redis bytes a chat", lambda row: row.memory and row.memory.redis),
    Column("Redis bytes after five messages", lambda row: row.memory and row.memory.redis_after_five),
    Column("late p50", _of_lateness(lambda late: late.p50)),
    Column("late p99", _of_lateness(lambda late: late.p99)),
    Column("latest", _of_lateness(lambda late: late.most)),
    Column("early", _of_lateness(lambda late: late.early)),
)


class Rival(NamedTuple):
    """A peer that is not behind us in a column."""

    peer: str
    column: str
    theirs: float
    ours: float
    ahead: bool

    @property
    def sentence(self) -> str:
        verb = "is ahead of us" if self.ahead else "ties with us"
        return f"{self.peer} {verb} in {self.column}: {self.theirs:.4g} against {self.ours:.4g}."


def rivals(rows: Sequence[Row]) -> list[Rival]:
    """Those that tie with us or are ahead of us."""
    ours = {row.name: row for row in rows}.get(catalogue.LISTS.name)
    peers = [row for row in rows if row.name not in _OURS]
    return [rival for column in COLUMNS if ours for peer in peers for rival in _rival(column, ours, peer)]


def _rival(column: Column, ours: Row, peer: Row) -> Iterator[Rival]:
    our_value, their_value = column.value(ours), column.value(peer)
    if our_value is None or their_value is None or our_value == their_value == 0:
        return
    better, worse = (our_value, their_value) if column.more else (their_value, our_value)
    if better <= worse * _TIE:
        ahead = better * _TIE < worse
        yield Rival(peer.name, column.title, their_value, our_value, ahead)


_OURS: Final = (catalogue.LISTS.name, catalogue.SINGLE.name)
_COMPARED: Final = {
    "celery": (catalogue.CELERY,),
    "arq": (catalogue.ARQ_NEW_JOB, catalogue.ARQ_SAME_ID),
    "bullmq_change_delay": (catalogue.BULLMQ_CHANGE_DELAY,),
}


def lists_to(rows: Sequence[Row]) -> dict[str, float | None]:
    """How many times as many touches a second we do in lists: than the faster way of each peer that was measured."""
    per_s = {row.name: row.touches.per_s for row in rows if row.touches}
    return {name: _times(per_s, [way.name for way in ways]) for name, ways in _COMPARED.items()}


def _times(per_s: Mapping[str, float], names: Sequence[str]) -> float | None:
    ours, theirs = per_s.get(catalogue.LISTS.name), [per_s[name] for name in names if name in per_s]
    return round(ours / max(theirs), 2) if ours and theirs else None
