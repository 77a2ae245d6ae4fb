"""A person, their private chat with one bot, and the taps in it."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from bench.sandbox.world.objects import Chat, Message, User
from bench.sandbox.world.retention import Messages, Stored

_UNMODELLED_KEPT = 20


class Relation(StrEnum):
    """A person's relation to a bot."""

    NEVER = "never"
    STARTED = "started"
    BLOCKED = "blocked"
    DELETED = "deleted"


@dataclass(slots=True)
class Person:
    user: User
    chat: Chat
    deleted: bool = False


class Unmodelled(NamedTuple):
    """A call that is not modelled, and the message after which it came."""

    method: str
    at_ms: int
    after: int


class Activity(NamedTuple):
    """What the bot shows as its activity, and until when."""

    action: str
    until_ms: int


@dataclass(slots=True)
class Conversation:
    """One person's private chat with one bot."""

    person: Person
    messages: Messages
    started: bool = False
    blocked: bool = False
    # The latest taps, for transcripts.
    taps: list["Query"] = field(default_factory=list)
    activity: Activity | None = None
    # What the bot put beneath the person's text field; empty if there is nothing.
    keyboard: dict[str, Any] = field(default_factory=dict)
    # The latest calls that the sandbox answered without doing what they ask.
    unmodelled: deque[Unmodelled] = field(default_factory=partial(deque, maxlen=_UNMODELLED_KEPT))
    # The number of messages that the bot has sent.
    from_bot: int = 0
    # Called when the bot sends a message.
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
    """The bot's answer to a tap."""

    at_ms: int
    text: str = ""
    url: str = ""
    alert: bool = False


@dataclass(slots=True)
class Query:
    """A tap; it waits until `answer` is set."""

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
