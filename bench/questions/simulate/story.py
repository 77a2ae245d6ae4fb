"""What happens in a run, in plain data: what people do in their chats, and what admins do with a bot.

Everything happens at a whole minute: first what people do, then what admins do, then what is due.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum, auto
from typing import Final, NamedTuple, TypeAlias, TypeVar

from bench.questions.simulate.campaign import MINUTE_MS, SECOND_MS, Campaign

TICK_MS: Final = MINUTE_MS


class Deed(StrEnum):
    """What a person does. `LEAVE` makes no update: the next message to them is refused."""

    WRITE = auto()
    PAY = auto()
    RENEW = auto()
    REFUND = auto()
    BLOCK = auto()
    LEAVE = auto()
    OPT_OUT = auto()
    UNDO = auto()


class Act(NamedTuple):
    """`charge` names the payment that a PAY or a RENEW makes and a REFUND takes back."""

    at_ms: int
    bot: int
    person: int
    deed: Deed
    charge: str = ""


class Publish(NamedTuple):
    """`keep`: people who wait keep their times; `include`: a shorter threshold counts for those who are silent."""

    campaign: Campaign
    keep: bool = False
    include: bool = False


class Pause(NamedTuple):
    """The campaign is paused."""


class Resume(NamedTuple):
    policy: str


class Hold(NamedTuple):
    """The whole bot is paused: nothing of it moves."""


class Release(NamedTuple):
    """The bot's pause ends."""


class Stop(NamedTuple):
    """Every sequence ends at once."""


class Finish(NamedTuple):
    """Sequences that have begun go on, and none begins."""


class Activate(NamedTuple):
    """Sequences begin again; after a stop, only for silences that begin from now on."""


Change: TypeAlias = Publish | Pause | Resume | Hold | Release | Stop | Finish | Activate


class Edit(NamedTuple):
    """What an admin does with a bot; `words` say what a publication changes."""

    at_ms: int
    bot: int
    change: Change
    words: str = ""


Happening = TypeVar("Happening", Act, Edit)


class Story(NamedTuple):
    """A run from its first minute to its last: the campaigns are published and live when it begins."""

    begins_ms: int
    ends_ms: int
    campaigns: Sequence[Campaign]
    people: Mapping[int, int]
    """Each person, with their bot."""
    acts: Sequence[Act]
    edits: Sequence[Edit]

    def acts_at(self) -> Mapping[int, Sequence[Act]]:
        return _by_minute(self.acts)

    def edits_at(self) -> Mapping[int, Sequence[Edit]]:
        return _by_minute(self.edits)

    def acts_of(self, person: int) -> list[Act]:
        return [act for act in self.acts if act.person == person]

    def edits_of(self, bot: int) -> list[Edit]:
        return [edit for edit in self.edits if edit.bot == bot]


def in_utc(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / SECOND_MS, UTC):%m-%d %H:%M:%S}"


def _by_minute(happenings: Iterable[Happening]) -> Mapping[int, Sequence[Happening]]:
    found: defaultdict[int, list[Happening]] = defaultdict(list)
    for one in happenings:
        found[one.at_ms].append(one)
    return found
