"""A bot with its updates, its webhook, its chats, and the taps and payments that wait for its answer."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.sandbox.world.conversation import Conversation, Query
from bench.sandbox.world.objects import BotCommand, BotUser, SuccessfulPayment, User
from bench.sandbox.world.updates import UNASKED, Queued


class Checkout(NamedTuple):
    """A payment that waits for the bot to allow it."""

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
    """Where a bot's updates go, and how deliveries went so far."""

    url: str
    secret_token: str
    max_connections: int
    ip_address: str
    in_flight: int = 0
    failures: int = 0
    last_error: str | None = None
    last_error_ms: int = 0

    def failed(self, error: str | None, now_ms: int) -> None:
        """Note a failed delivery; the server has no error text for an answer that just did not come."""
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
    # Wakes a waiting poll when an update is queued, the token revoked or a webhook set.
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
