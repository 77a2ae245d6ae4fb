"""A person, their private chat with one bot, and the taps in it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bench.sandbox.world.objects import Chat, Message, User
from bench.sandbox.world.retention import Messages, Stored


class Relation(StrEnum):
    """How a person stands to a bot."""

    NEVER = "never"
    STARTED = "started"
    BLOCKED = "blocked"
    DELETED = "deleted"


@dataclass(slots=True)
class Person:
    user: User
    chat: Chat
    deleted: bool = False


class Activity(NamedTuple):
    """What the bot shows that it is doing, and until when."""

    action: str
    until_ms: int


@dataclass(slots=True)
class Conversation:
    """One person's private chat with one bot."""

    person: Person
    messages: Messages
    started: bool = False
    blocked: bool = False
    # The latest taps, for whoever looks at the chat.
    taps: list["Query"] = field(default_factory=list)
    activity: Activity | None = None
    # How many messages the bot has sent.
    from_bot: int = 0
    # Who waits for the bot's next message here.
    heard: Callable[[], None] | None = None

    @property
    def relation(self) -> Relation:
        if self.person.deleted:
            return Relation.DELETED
        if self.blocked:
            return Relation.BLOCKED
        return Relation.STARTED if self.started else Relation.NEVER

    def add(self, message: Message, at_ms: int, *, silent: bool = False) -> None:
        if message.sender.is_bot:
            self.from_bot += 1
            self.activity = None
        self.messages.add(Stored(message, at_ms, silent=silent))
        if self.heard is not None and message.sender.is_bot:
            self.heard()

    @property
    def next_message_id(self) -> int:
        return self.messages.last_id + 1


class TapAnswer(NamedTuple):
    """What the bot said to a tap."""

    at_ms: int
    text: str = ""
    url: str = ""
    alert: bool = False


@dataclass(slots=True)
class Query:
    """A tap; it waits for its answer until `answer` is there."""

    id: str
    conversation: Conversation
    message_id: int
    data: str
    at_ms: int
    answer: TapAnswer | None = None


def first_message(conversation: Conversation, wanted: Callable[[Message], bool]) -> Stored | None:
    stored = conversation.messages.values()
    return next((one for one in stored if not one.deleted and wanted(one.message)), None)


def last_message(conversation: Conversation, wanted: Callable[[Message], bool]) -> Stored | None:
    stored: Iterable[Stored] = reversed(conversation.messages.values())
    return next((one for one in stored if not one.deleted and wanted(one.message)), None)
