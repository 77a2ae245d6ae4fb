"""Everything that the sandbox knows: bots, people, chats, messages, updates. Pure: no I/O, no clock, no task.

Times are passed in as milliseconds; Telegram's dates, in whole seconds, are made of them in one place. Message ids
count per chat. An update is rendered once, when it is queued.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from bench.sandbox.protocol import LANGUAGE
from bench.sandbox.world import identities
from bench.sandbox.world.bot import Bot, Checkout
from bench.sandbox.world.conversation import Conversation, Person, Query
from bench.sandbox.world.counters import Counters
from bench.sandbox.world.files import FileStore
from bench.sandbox.world.objects import Chat, User
from bench.sandbox.world.retention import DEFAULT_BOUNDS, Bounds, Messages, Ring, Shelves
from bench.sandbox.world.updates import UNKNOWN_UPDATE, Acknowledgement, Body, Queued, Strand, strand_of

_REMEMBERED_TAPS = 8
# After this long a question can no longer be answered.
_FORGOTTEN_MS = 60_000
_encode = msgspec.json.Encoder().encode


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
        # Called with a bot whose updates or webhook changed, to deliver to its webhook.
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
        """People take the languages and the names in turn."""
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
        """Return the chat of a known person; it is created at its first use."""
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
        """Queue an update and return its id; None if the bot does not want this kind."""
        return self._queue(bot, strand_of(kind, body), kind, body) if bot.wants(kind) else None

    def queue_unknown(self, bot: Bot) -> int:
        """Queue an update of a type that no client knows; every bot gets it, as with new types."""
        return self._queue(bot, Strand(UNKNOWN_UPDATE, 0), UNKNOWN_UPDATE, {"depth": [1]})

    def _queue(self, bot: Bot, strand: Strand, kind: str, body: Any) -> int:
        update_id = bot.next_update_id
        bot.next_update_id += 1
        bot.updates[update_id] = Queued(update_id, _encode({"update_id": update_id, kind: body}), strand)
        self.stir(bot)
        return update_id

    def number_from(self, bot: Bot, first: int) -> None:
        """Begin the numbers of a bot's updates again, as Telegram does after a week without updates.

        Raises ValueError while updates wait: they would be in the wrong order.
        """
        if bot.updates:
            raise ValueError(f"updates wait for {bot.user.username}: Telegram renumbers only idle bots")
        bot.next_update_id = first
        bot.acknowledged.clear()

    def stir(self, bot: Bot) -> None:
        """Make the waiting poll or the webhook look for updates again."""
        if bot.wake is not None:
            bot.wake()
        self.deliver(bot)

    def acknowledge(self, bot: Bot, before: int, now_ms: int) -> None:
        """Drop the updates with ids below `before`, and remember when."""
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
        """Forget people and chats. Bots, tokens and update ids stay."""
        self.people.clear()
        self.acknowledgements.clear()
        self._shelves.clear()
        self.files.forget()
        for bot in self.bots.values():
            bot.forget_chats()
            self.stir(bot)


def _drop_older(waiting: dict[str, Query] | dict[str, Checkout], than_ms: int) -> None:
    """Drop questions that were never answered, the oldest first."""
    while waiting and waiting[oldest := next(iter(waiting))].at_ms < than_ms:
        del waiting[oldest]


def _ignore(_: Bot) -> None:
    """Stand in until webhooks are delivered."""
