"""What keeps the sandbox small however long it runs: rings that lose their oldest rows, and messages that are thinned.

The newest messages of all chats are kept whole, so a small run is kept whole. Sampled chats have room of their own, so
that a long run still shows some chats in full. Of any other message only its date, its author and whether it was
deleted are kept: enough to delete it or to edit a text. Its content is forgotten.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from bench.sandbox.world.objects import Chat, Message, User

_Row = TypeVar("_Row")
_SAMPLED_OF = 100
_FORGOTTEN = "…"


class Bounds(NamedTuple):
    """How many are kept: rows of the record, acknowledgements, whole messages, and those of sampled chats."""

    rows: int = 250_000
    acknowledgements: int = 250_000
    messages: int = 200_000
    sampled: int = 20_000


DEFAULT_BOUNDS = Bounds()


class Ring(Generic[_Row]):
    """The newest rows; the cursor counts all rows that ever came."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.clear()

    def clear(self) -> None:
        self._rows: deque[_Row] = deque()
        self.cursor = 0

    def append(self, row: _Row) -> _Row | None:
        """Return the row that is lost for it."""
        self._rows.append(row)
        self.cursor += 1
        return self._rows.popleft() if len(self._rows) > self._most else None

    def since(self, cursor: int) -> Iterator[_Row]:
        return islice(self._rows, max(0, cursor - self.first), None)

    @property
    def first(self) -> int:
        """The position of the oldest row that is still kept."""
        return self.cursor - len(self._rows)

    def lost_since(self, cursor: int) -> int:
        return max(0, self.first - cursor)


@dataclass(slots=True)
class Stored:
    message: Message
    at_ms: int
    deleted: bool = False
    silent: bool = False
    edited_ms: int | None = None
    deleted_ms: int | None = None


class Shelf:
    """Keeps `most` messages whole; the oldest is thinned first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._order: deque[tuple[Messages, int]] = deque()

    def clear(self) -> None:
        self._order.clear()

    def put(self, messages: "Messages", message_id: int) -> None:
        self._order.append((messages, message_id))
        if len(self._order) > self._most:
            oldest, oldest_id = self._order.popleft()
            oldest.thin(oldest_id)


class Glimpse(NamedTuple):
    at_ms: int
    deleted: bool


class Messages(dict[int, Stored]):
    """A chat's messages by id, the oldest first. Asking for a thinned one restores it, without its content."""

    __slots__ = ("_bot", "_chat", "_lines", "_person", "_shelf", "last_id")

    def __init__(self, bot: User, person: User, chat: Chat, shelf: Shelf) -> None:
        super().__init__()
        self._bot = bot
        self._person = person
        self._chat = chat
        self._shelf = shelf
        # What is kept of a thinned message, packed: its time, and whether it had a text, is the bot's, was deleted.
        self._lines: dict[int, int] | None = None
        self.last_id = 0

    @property
    def thinned(self) -> int:
        return len(self._lines or ())

    def add(self, stored: Stored) -> None:
        self.last_id = message_id = stored.message.message_id
        self[message_id] = stored
        self._shelf.put(self, message_id)

    def thin(self, message_id: int) -> None:
        stored = self.pop(message_id)
        if self._lines is None:
            self._lines = {}
        message = stored.message
        marks = (message.text is not None) << 2 | message.sender.is_bot << 1 | stored.deleted
        self._lines[message_id] = stored.at_ms << 3 | marks

    def glimpse(self, message_id: int) -> Glimpse | None:
        """What is known of any message; a thinned one stays thinned."""
        stored = super().get(message_id)
        if stored is not None:
            return Glimpse(stored.at_ms, stored.deleted)
        line = self._lines.get(message_id) if self._lines else None
        return None if line is None else Glimpse(line >> 3, bool(line & 1))

    def delete(self, message_id: int, now_ms: int) -> None:
        stored = super().get(message_id)
        if stored is not None:
            stored.deleted, stored.deleted_ms = True, now_ms
        elif self._lines and message_id in self._lines:
            self._lines[message_id] |= 1

    def get(self, message_id: int, default: Stored | None = None) -> Stored | None:  # type: ignore[override]
        found = super().get(message_id)
        return self._back(message_id) or default if found is None else found

    def __missing__(self, message_id: int) -> Stored:
        found = self._back(message_id)
        if found is None:
            raise KeyError(message_id)
        return found

    def _back(self, message_id: int) -> Stored | None:
        line = self._lines.pop(message_id, None) if self._lines else None
        if line is None:
            return None
        at_ms, sender = line >> 3, self._bot if line & 2 else self._person
        message = Message(message_id, sender, self._chat, at_ms // 1000, text=_FORGOTTEN if line & 4 else None)
        stored = Stored(message, at_ms, deleted=bool(line & 1))
        whole = sorted([*self.items(), (message_id, stored)])
        self.clear()
        self.update(whole)
        self._shelf.put(self, message_id)
        return stored


@dataclass(slots=True)
class Shelves:
    """Decides on which shelf a chat's messages are kept."""

    bounds: Bounds
    sampled: Shelf = field(init=False)
    others: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self.sampled, self.others = Shelf(self.bounds.sampled), Shelf(self.bounds.messages)

    def of(self, person_id: int) -> Shelf:
        """One person in a hundred is sampled, in the chats with all bots."""
        return self.others if person_id % _SAMPLED_OF else self.sampled

    def clear(self) -> None:
        self.sampled.clear()
        self.others.clear()
