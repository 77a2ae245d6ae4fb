"""All that the sandbox knows: bots, people, chats, messages, updates. Pure: no I/O, no clock, no task.

Times come in as milliseconds; Telegram's own dates are whole seconds and are cut from them in one place.
Message ids count per chat. An update is rendered once, when it is queued, and only joined when it is fetched.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from bench.sandbox.protocol import LANGUAGE
from bench.sandbox.world import identities
from bench.sandbox.world.counters import Counters
from bench.sandbox.world.files import FileStore
from bench.sandbox.world.media_messages import Poll
from bench.sandbox.world.objects import (
    BotCommand,
    BotUser,
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    Message,
    PollAnswer,
    PreCheckoutQuery,
    SuccessfulPayment,
    User,
)
from bench.sandbox.world.retention import DEFAULT_BOUNDS, Bounds, Messages, Ring, Shelves, Stored

# What a bot gets that never said what it wants: everything but these.
UNASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_REMEMBERED_TAPS = 8
# A question that a bot left open for so long cannot be answered any more.
_FORGOTTEN_MS = 60_000
Body = Message | CallbackQuery | PreCheckoutQuery | Poll | PollAnswer | ChatMemberUpdated
UNKNOWN_UPDATE = "update_of_tomorrow"
_encode = msgspec.json.Encoder().encode


class Relation(StrEnum):
    """How a person stands to a bot."""

    NEVER = "never"
    STARTED = "started"
    BLOCKED = "blocked"
    DELETED = "deleted"


class Acknowledgement(NamedTuple):
    """The moment when a bot's offset passed an update, or its webhook took it."""

    bot_id: int
    update_id: int
    at_ms: int


class Strand(NamedTuple):
    """Updates of one strand reach a webhook one after the other; strands overtake each other."""

    kind: str
    chat_id: int


class Queued(NamedTuple):
    update_id: int
    body: bytes
    strand: Strand


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


class Checkout(NamedTuple):
    """A payment that waits for the bot's yes."""

    conversation: Conversation
    amount: int
    payload: str
    at_ms: int


@dataclass(slots=True)
class Payment:
    """Stars that a person paid to a bot."""

    conversation: Conversation
    charge: SuccessfulPayment
    refunded: bool = False


@dataclass(slots=True)
class Webhook:
    """Where a bot's updates go, and how that went so far."""

    url: str
    secret_token: str
    max_connections: int
    ip_address: str
    in_flight: int = 0
    failures: int = 0
    last_error: str | None = None
    last_error_ms: int = 0

    def failed(self, error: str | None, now_ms: int) -> None:
        """Note a failed delivery; the server has no words for an answer that only failed to come."""
        self.failures += 1
        if error is not None:
            self.last_error, self.last_error_ms = error, now_ms


@dataclass(slots=True)
class Bot:
    user: BotUser
    sender: User
    token: str
    next_update_id: int
    generation: int = 0
    allowed_updates: tuple[str, ...] = ()
    updates: OrderedDict[int, Queued] = field(default_factory=OrderedDict)
    webhook: Webhook | None = None
    next_webhook_ms: int = 0
    conversations: dict[int, Conversation] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    commands: dict[Hashable, tuple[BotCommand, ...]] = field(default_factory=dict)
    acknowledged: dict[int, int] = field(default_factory=dict)
    # How a waiting poll hears that an update was queued, the token revoked or a webhook set.
    wake: Callable[[], None] | None = None

    @property
    def id(self) -> int:
        return self.user.id

    def wants(self, kind: str) -> bool:
        return kind in self.allowed_updates if self.allowed_updates else kind not in UNASKED

    def forget_chats(self) -> None:
        self.updates.clear()
        self.webhook = None
        self.conversations.clear()
        self.queries.clear()
        self.checkouts.clear()
        self.payments.clear()
        self.commands.clear()
        self.acknowledged.clear()


class State:
    def __init__(
        self, seed: int, first_person: int = identities.FIRST_PERSON_ID, bounds: Bounds = DEFAULT_BOUNDS
    ) -> None:
        self._shelves = Shelves(bounds)
        self.seed = seed
        self.first_person = first_person
        self.bots: dict[int, Bot] = {}
        self.people: dict[int, Person] = {}
        self.acknowledgements: Ring[Acknowledgement] = Ring(bounds.acknowledgements)
        self.counters = Counters()
        self.files = FileStore()
        # Told of a bot whose updates or webhook changed; whoever delivers to webhooks listens here.
        self.deliver: Callable[[Bot], None] = _ignore
        self._by_token: dict[str, Bot] = {}
        self._by_username: dict[str, Bot] = {}
        self._next_query = 1

    # Bots

    def add_bot(self, username: str | None = None) -> Bot:
        user = identities.bot_user(self.seed, len(self.bots), username)
        if user.username in self._by_username:
            raise ValueError(f"there is already a bot called {user.username}; choose another name")
        sender = User(user.id, is_bot=True, first_name=user.first_name, username=user.username)
        bot = Bot(user, sender, identities.token(self.seed, user.id, 0), identities.first_update_id(self.seed, user.id))
        self.bots[bot.id] = self._by_token[bot.token] = self._by_username[user.username] = bot
        return bot

    def bot_by_token(self, token: str) -> Bot | None:
        return self._by_token.get(token)

    def bot_named(self, name: str) -> Bot:
        """Find a bot by its username, with or without @, or by its id."""
        bot = self._by_username.get(name.removeprefix("@"))
        if bot is None and name.isdecimal():
            bot = self.bots.get(int(name))
        if bot is None:
            raise LookupError(f"there is no bot {name}")
        return bot

    def revoke_token(self, bot: Bot) -> None:
        del self._by_token[bot.token]
        bot.generation += 1
        bot.token = identities.token(self.seed, bot.id, bot.generation)
        self._by_token[bot.token] = bot
        bot.webhook = None
        self.stir(bot)

    # People

    def add_people(
        self, count: int, languages: Sequence[str] = (LANGUAGE,), called: Sequence[str] = ()
    ) -> list[Person]:
        """Languages and names go round among them."""
        first = self.first_person + len(self.people)
        return [
            self._add_person(
                first + place,
                called[place % len(called)] if called else identities.person_name(first + place),
                languages[place % len(languages)],
            )
            for place in range(count)
        ]

    def _add_person(self, person_id: int, name: str, language: str) -> Person:
        username = f"person_{person_id - self.first_person + 1}"
        person = Person(
            User(person_id, is_bot=False, first_name=name, username=username, language_code=language),
            Chat(person_id, "private", name, username),
        )
        self.people[person_id] = person
        return person

    def conversation(self, bot: Bot, person_id: int) -> Conversation:
        """Give the chat of a known person; it is made at its first use."""
        found = bot.conversations.get(person_id)
        if found is None:
            person = self.people.get(person_id)
            if person is None:
                raise LookupError(f"there is no person {person_id}")
            found = bot.conversations[person_id] = self._new_conversation(bot, person)
        return found

    def _new_conversation(self, bot: Bot, person: Person) -> Conversation:
        shelf = self._shelves.of(person.user.id)
        return Conversation(person, Messages(bot.sender, person.user, person.chat, shelf))

    # Updates

    def queue(self, bot: Bot, kind: str, body: Body) -> int | None:
        """Queue an update and give its id; None if the bot did not ask for this kind."""
        return self._queue(bot, _strand(kind, body), kind, body) if bot.wants(kind) else None

    def queue_unknown(self, bot: Bot) -> int:
        """Queue an update of a type that no client knows; it comes to each bot, as new types do."""
        return self._queue(bot, Strand(UNKNOWN_UPDATE, 0), UNKNOWN_UPDATE, {"depth": [1]})

    def _queue(self, bot: Bot, strand: Strand, kind: str, body: Any) -> int:
        update_id = bot.next_update_id
        bot.next_update_id += 1
        bot.updates[update_id] = Queued(update_id, _encode({"update_id": update_id, kind: body}), strand)
        self.stir(bot)
        return update_id

    def stir(self, bot: Bot) -> None:
        """Have whoever hands out the bot's updates look again: the poll that waits, or the webhook."""
        if bot.wake is not None:
            bot.wake()
        self.deliver(bot)

    def acknowledge(self, bot: Bot, before: int, now_ms: int) -> None:
        """Drop the updates whose id lies below `before`, and remember when."""
        while bot.updates and (update_id := next(iter(bot.updates))) < before:
            self.take(bot, update_id, now_ms)

    def take(self, bot: Bot, update_id: int, now_ms: int) -> None:
        """Drop one update, and remember when."""
        del bot.updates[update_id]
        bot.acknowledged[update_id] = now_ms
        lost = self.acknowledgements.append(Acknowledgement(bot.id, update_id, now_ms))
        if lost is not None:
            self.bots[lost.bot_id].acknowledged.pop(lost.update_id, None)

    def open_query(self, bot: Bot, conversation: Conversation, message_id: int, data: str, now_ms: int) -> str:
        query = Query(str(self._next_query), conversation, message_id, data, now_ms)
        self._next_query += 1
        _drop_older(bot.queries, now_ms - _FORGOTTEN_MS)
        bot.queries[query.id] = query
        conversation.taps = [*conversation.taps[1 - _REMEMBERED_TAPS :], query]
        return query.id

    def open_checkout(self, bot: Bot, checkout: Checkout) -> str:
        query_id = str(self._next_query)
        self._next_query += 1
        _drop_older(bot.checkouts, checkout.at_ms - _FORGOTTEN_MS)
        bot.checkouts[query_id] = checkout
        return query_id

    def forget_chats(self) -> None:
        """Back to bots that nobody has met. Bots, tokens and update ids stay."""
        self.people.clear()
        self.acknowledgements.clear()
        self._shelves.clear()
        self.files.forget()
        for bot in self.bots.values():
            bot.forget_chats()
            self.stir(bot)


def _drop_older(waiting: dict[str, Query] | dict[str, Checkout], than_ms: int) -> None:
    """Drop questions that nobody answered, the oldest first."""
    while waiting and waiting[oldest := next(iter(waiting))].at_ms < than_ms:
        del waiting[oldest]


def _ignore(_: Bot) -> None:
    """Nobody listens yet."""


def _strand(kind: str, body: Body) -> Strand:
    """As the server has it: in one chat, messages, taps and blocks are strands of their own."""
    name = "message" if kind == "edited_message" else kind
    if isinstance(body, Poll):
        return Strand(name, 0)
    if isinstance(body, CallbackQuery | PreCheckoutQuery | PollAnswer):
        return Strand(name, body.sender.id)
    return Strand(name, body.chat.id)


def seconds(now_ms: int) -> int:
    """Telegram's dates are whole seconds."""
    return now_ms // 1000


def first_message(conversation: Conversation, wanted: Callable[[Message], bool]) -> Stored | None:
    stored = conversation.messages.values()
    return next((one for one in stored if not one.deleted and wanted(one.message)), None)


def last_message(conversation: Conversation, wanted: Callable[[Message], bool]) -> Stored | None:
    stored: Iterable[Stored] = reversed(conversation.messages.values())
    return next((one for one in stored if not one.deleted and wanted(one.message)), None)
