"""How many connections may be open, how long each may rest, and which one is closed for a newcomer.

A connection that has proved nothing is a stranger. Strangers are bounded in all and by address, and the one that has
waited longest leaves for a newcomer: a caller who sends a whole request at once is answered before its turn comes,
however many half-open connections stand there, and also if all of them come through one proxy. One that has proved who
it is counts only in the total, and may rest between two requests. Those that rest make room while few strangers are
here, so that nobody shuts the others out with true but idle connections. A request that is being answered is never cut
off for a newcomer.

Pure: it is told the time, and says which connections are to be closed.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from enum import Enum
from ipaddress import IPv6Address, ip_address
from itertools import takewhile
from typing import Final, Generic, NamedTuple, TypeVar

One = TypeVar("One", bound=Hashable)

BACKLOG: Final = 128
"""Connections that the kernel hands over at once."""
_FROM_ONE: Final = 4 * BACKLOG
"""Everybody may come through one proxy, and hundreds at once, each heard before the first would be closed."""
_STRANGERS: Final = 1_024
_BITS_OF_A_HOST: Final = 64
"""Of an IPv6 address: everybody has as many of those as they like."""


class Stage(Enum):
    """What a connection is doing, and for how many seconds it may."""

    ARRIVING = "its first request is not here yet", 10.0
    ANSWERING = "a request is being answered", 30.0
    RESTING = "it has proved who it is, and may send the next request", 180.0
    LEAVING = "it is answered, and what it still sends is not read", 1.0

    def __init__(self, _: str, most_s: float) -> None:
        self.most_s = most_s


STRANGE: Final = (Stage.LEAVING, Stage.ARRIVING)
"""In the order in which they are closed."""


_IN_A_FULL_HOUSE: Final = (Stage.LEAVING, Stage.RESTING, Stage.ARRIVING)
"""The same, as long as there are few strangers."""


class Bounds(NamedTuple):
    in_all: int
    strangers: int
    from_one: int


def bounds_for(files: int) -> Bounds:
    """Half of the files are left to bots, Redis and PostgreSQL, and a quarter of the rest to those who are known."""
    in_all = max(files // 2, 1)
    strangers = max(min(_STRANGERS, in_all * 3 // 4), 1)
    return Bounds(in_all, strangers, max(min(_FROM_ONE, strangers * 7 // 8), 1))


def origin_of(address: str) -> str:
    """What counts as one caller: an IPv4 address, or the network of an IPv6 address."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped:
        return str(read.ipv4_mapped)
    return str(IPv6Address(int(read) >> _BITS_OF_A_HOST << _BITS_OF_A_HOST))


class ConnectionLimits(Generic[One]):
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._origins: dict[One, str] = {}
        self._stages: dict[One, Stage] = {}
        self._until: dict[Stage, OrderedDict[One, float]] = {stage: OrderedDict() for stage in Stage}
        self._strangers: dict[str, OrderedDict[One, None]] = {}

    def __len__(self) -> int:
        return len(self._stages)

    def admit(self, one: One, origin: str, now_s: float) -> One | None:
        """Take a new connection in. Returns the one to close for it: perhaps itself, which then was not taken in."""
        leaves = self._leaves_for(one, origin)
        if leaves is not None:
            self.forget(leaves)
        if leaves != one:
            self._origins[one] = origin
            self._put(one, Stage.ARRIVING, now_s)
        return leaves

    def move(self, one: One, stage: Stage, now_s: float) -> None:
        """Its time begins again. A connection that was closed already stays away."""
        if one in self._stages:
            self._take_out(one)
            self._put(one, stage, now_s)

    def forget(self, one: One) -> None:
        if one in self._stages:
            self._take_out(one)
            del self._origins[one], self._stages[one]

    def overdue(self, now_s: float) -> list[tuple[One, Stage]]:
        """Those whose time is over, and in which stage it was; they are forgotten."""
        over = [(one, stage) for stage in Stage for one in self._overdue_in(stage, now_s)]
        for one, _ in over:
            self.forget(one)
        return over

    def _overdue_in(self, stage: Stage, now_s: float) -> Iterator[One]:
        """All in a stage have the same time, so they are over in the order in which they came to it."""
        return (one for one, _ in takewhile(lambda entry: entry[1] <= now_s, self._until[stage].items()))

    def _leaves_for(self, newcomer: One, origin: str) -> One | None:
        neighbours = self._strangers.get(origin, OrderedDict())
        if len(neighbours) >= self._bounds.from_one:
            return next(iter(neighbours))
        strangers = sum(len(self._until[stage]) for stage in STRANGE)
        if strangers >= self._bounds.strangers:
            return self._longest_in(*STRANGE)
        if len(self) < self._bounds.in_all:
            return None
        few = strangers < self._bounds.from_one
        return self._longest_in(*(_IN_A_FULL_HOUSE if few else (*STRANGE, Stage.RESTING)), otherwise=newcomer)

    def _longest_in(self, *stages: Stage, otherwise: One | None = None) -> One | None:
        return next((one for stage in stages for one in self._until[stage]), otherwise)

    def _put(self, one: One, stage: Stage, now_s: float) -> None:
        self._stages[one] = stage
        self._until[stage][one] = now_s + stage.most_s
        if stage in STRANGE:
            self._strangers.setdefault(self._origins[one], OrderedDict())[one] = None

    def _take_out(self, one: One) -> None:
        stage, origin = self._stages[one], self._origins[one]
        del self._until[stage][one]
        if stage in STRANGE:
            del self._strangers[origin][one]
            if not self._strangers[origin]:
                del self._strangers[origin]
