"""What happened: requests, acknowledged updates, counts and violations."""

from typing import Any

import msgspec


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request on the Bot API port. Times are in ms of the sandbox's clock.

    `broken_off` is None, or what ended the request before its answer was read: the `client`, a `fault`, the sandbox by
    `closing`, or a `failure` of the sandbox itself.
    `closed_ms` is when the client closed the connection, if it did so after this answer without another request:
    a client that dies right after it fetched the answer leaves no other trace. `ok` and `error_code` are those of
    the answer as decided, even if it could not be delivered. `absorbed_ms` is how long the limits made it wait.
    `uploads` counts the files that came with it; a file that is sent by its id is not one of them.
    """

    seq: int
    bot_id: int
    method: str
    arrived_ms: int
    chat_id: int | None = None
    text: str | None = None
    offset: int | None = None
    completed_ms: int | None = None
    ok: bool | None = None
    error_code: int | None = None
    message_id: int | None = None
    updates: int | None = None
    fault: str | None = None
    broken_off: str | None = None
    closed_ms: int | None = None
    absorbed_ms: int | None = None
    uploads: int = 0


class Exchanged(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request as it came, with the names of its files, and its answer; a very long one is cut."""

    seq: int
    method: str
    arrived_ms: int
    request: dict[str, Any]
    status: int | None = None
    answer: str = ""
    fault: str | None = None
    completed_ms: int | None = None


class Record(msgspec.Struct, frozen=True):
    """Requests that ended, from a cursor on, and those that are still open.

    A row comes a second time, with the same `seq`, when the client closes the connection after it. Only the newest rows
    are kept; `lost` counts those from the cursor on that are gone.
    """

    cursor: int
    rows: list[Row]
    open: list[Row]
    lost: int = 0


class Acknowledged(msgspec.Struct, frozen=True):
    bot_id: int
    update_id: int
    at_ms: int


class Acknowledgements(msgspec.Struct, frozen=True):
    cursor: int
    acknowledged: list[Acknowledged]
    lost: int = 0


class BotCounts(msgspec.Struct, frozen=True):
    """One bot's counts: `accepted` and `unmodelled` by method, `rejected` by reason.

    `messages` are those that the bot sent, `duplicates` those among them that their chat had already got. Rates are
    messages within any second; `fast_chats` are the chats with more than one.
    """

    bot_id: int
    accepted: dict[str, int]
    rejected: dict[str, int]
    unmodelled: dict[str, int]
    messages: int
    duplicates: int
    violations: int
    highest_per_second: int
    highest_per_second_in_a_chat: int
    fast_chats: dict[str, int]


class Counts(msgspec.Struct, frozen=True):
    """The totals of a run. Calls with an unknown token count for bot 0."""

    accepted: int
    rejected: int
    messages: int
    duplicates: int
    violations: int
    unmodelled: int
    bots: list[BotCounts]


class Violation(msgspec.Struct, frozen=True):
    """Something that a bot should not do, and how often it did."""

    bot_id: int
    method: str
    what: str
    count: int


class Violations(msgspec.Struct, frozen=True):
    count: int
    listed: list[Violation]


class WebhookState(msgspec.Struct, frozen=True):
    """How deliveries to a bot's webhook go; `pending` includes those in flight."""

    url: str
    pending: int
    in_flight: int
    failures: int
