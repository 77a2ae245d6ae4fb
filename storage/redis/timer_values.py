"""What the scripts of the timers are asked for, and what they answer: values without behaviour."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

from storage.redis.ownership import OwnCode

NOTHING_ARMED: Final = -1


class ClaimCode(IntEnum):
    CLAIMED = 0
    LOST = 1
    FENCED = 2
    HELD = 3


class Fence(IntEnum):
    STALE = 0
    CURRENT = 1


class Restored(IntEnum):
    KEPT = 0
    RESTORED = 1


class Moved(IntEnum):
    ELSEWHERE = 0
    MOVED = 1
    ABSENT = 2


class Mended(IntEnum):
    WHOLE = 0
    ARMED = 1
    DROPPED = 2


class Sign(NamedTuple):
    """A sign of life; `seen_ms` 0 counts as the server's now, a dated one as the end of its second."""

    chat_id: int
    seen_ms: int


class Interrupted(NamedTuple):
    """An episode that was in progress; `on_wire`: a request had passed and its outcome is not settled."""

    chat_id: int
    on_wire: bool
    opaque: str


class Touched(NamedTuple):
    now_ms: int
    generation: str
    nearest_due_ms: int
    interrupted: tuple[Interrupted, ...]


class LastLook(NamedTuple):
    """What the holder of a timer shows before it sends; `generation`: of the bot's timers, when it claimed this one."""

    chat_id: int
    version: int
    generation: str


class Held(NamedTuple):
    """A claimed timer. `marked`: an earlier claim had passed and never settled."""

    chat_id: int
    version: int
    seen_ms: int
    due_ms: int
    marked: bool
    opaque: str
    generation: str

    @property
    def last_look(self) -> LastLook:
        return LastLook(self.chat_id, self.version, self.generation)


class Claim(NamedTuple):
    """A wish for what is due of a bot; `fresh` of the limit go first to what has only just fallen due."""

    bot_id: int
    limit: int
    lease_ms: int
    epoch: int
    fresh: int = 0


class Claimed(NamedTuple):
    """`nearest_due_ms` is -1 when nothing is armed; under HELD the end of the hold, under FENCED the higher epoch."""

    code: ClaimCode
    now_ms: int
    nearest_due_ms: int
    timers: tuple[Held, ...]


class Holding(NamedTuple):
    """The right to confirm a feed: its holder ("owner epoch"), in the run of the server that the holder knows."""

    holder: str
    run: str

    @property
    def owner(self) -> str:
        return self.holder.rpartition(" ")[0]


class Confirmed(NamedTuple):
    """OTHERS: the feed does not (or no longer) belong to the caller, and nothing was confirmed."""

    code: OwnCode
    now_ms: int
    nearest_due_ms: int = NOTHING_ARMED


class Ticket(NamedTuple):
    """What the holder of a timer shows: the version that it decided on."""

    chat_id: int
    version: int


class Lease(NamedTuple):
    """The wish to keep timers of a bot."""

    bot_id: int
    tickets: Sequence[Ticket]
    lease_ms: int


class NextTimer(NamedTuple):
    """What happens next to a held chat; `due_ms` -1 removes it."""

    chat_id: int
    version: int
    due_ms: int
    urgent: bool = False
    opaque: str = ""


class MoveTo(NamedTuple):
    """A chat that waits, silent since `silent_since_ms`, with an opaque that begins with `opaque_begins` ("": with no
    opaque at all), and the due and opaque that it gets.

    Its opaque may still be missing if its episode has only just begun.
    """

    chat_id: int
    opaque_begins: str
    silent_since_ms: int
    due_ms: int
    opaque: str


class Lost(NamedTuple):
    """A chat as PostgreSQL remembers it; `version` 0: it has none of this chat."""

    chat_id: int
    seen_ms: int
    due_ms: int
    on_wire: bool
    opaque: str
    version: int = 0
