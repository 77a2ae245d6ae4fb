"""The control port's language: what is sent and what is answered, one struct for both ends."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

# What a fault calls `method` when it is to strike deliveries to a webhook.
DELIVERY = "webhook"

Deed = Literal[
    "start",
    "write",
    "edit",
    "tap",
    "pay",
    "checkout",
    "vote",
    "block",
    "unblock",
    "delete_account",
    "send_photo",
    "send_video",
    "send_animation",
    "send_audio",
    "send_voice",
    "send_video_note",
    "send_document",
    "send_sticker",
]


LANGUAGE = "pt-br"
LanguageCode = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[a-z0-9]{2,8})*$", max_length=35)]
FirstName = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class BotInfo(msgspec.Struct, frozen=True):
    id: int
    username: str
    token: str


class NewBot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    username: str | None = None


class NewBots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=10_000)]


class NewPeople(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Languages and names go round among them; without names each has one of the sandbox's own.

    Telegram wants a first name of everybody. Who has none to show has one that cannot be seen, such as U+3164.
    """

    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    languages: Annotated[tuple[LanguageCode, ...], msgspec.Meta(min_length=1, max_length=100)] = (LANGUAGE,)
    names: Annotated[tuple[FirstName, ...], msgspec.Meta(max_length=100)] = ()


class PersonInfo(msgspec.Struct, frozen=True):
    id: int
    first_name: str
    username: str
    language_code: str = LANGUAGE


class Act(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a person does in the chat with a bot; `bot` is a username or an id.

    `payload` belongs to start, pay and checkout, `data` to tap, `message_id` to edit, tap and vote (by itself the last
    message that fits, with `old` the first), `amount` (Stars) to pay and checkout, `options`, by their places, to vote.
    """

    deed: Deed
    bot: int | str
    person: int
    text: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    payload: str = ""
    message_id: int | None = None
    data: str | None = None
    amount: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] = 1
    options: tuple[int, ...] = ()
    file: bytes = b""
    name: str = ""
    album: str = ""
    old: bool = False


class ActResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """When it was done, and the update that tells of it. `error` says why it was not done."""

    at_ms: int
    date: int
    update_id: int | None = None
    message_id: int | None = None
    error: str | None = None


class FaultKind(StrEnum):
    """What goes wrong.

    Answered instead of the work: `too_many_requests` to `no_description`. `drop_before_accept` closes the connection
    without the work, `hang` does nothing, ever. `slow` does the work at once and answers later.

    The work is done, and the answer suffers: `accept_then_drop` closes the connection instead, `truncated` cuts the
    JSON in half, `unknown_fields` puts into every object one that no client knows.

    Before the work, which then goes as it may: with `blocks` the person of the chat blocks the bot, with `leaves`
    deletes the account; `unknown_update` queues an update of a type that no client knows.
    """

    TOO_MANY_REQUESTS = "too_many_requests"
    BLOCKED = "blocked"
    DEACTIVATED = "deactivated"
    CHAT_NOT_FOUND = "chat_not_found"
    BAD_REQUEST = "bad_request"
    WRONG_FILE = "wrong_file"
    TOO_LARGE = "too_large"
    UNAUTHORIZED = "unauthorized"
    INTERNAL_ERROR = "internal_error"
    RESTART = "restart"
    BAD_GATEWAY = "bad_gateway"
    NO_DESCRIPTION = "no_description"
    DROP_BEFORE_ACCEPT = "drop_before_accept"
    HANG = "hang"
    SLOW = "slow"
    ACCEPT_THEN_DROP = "accept_then_drop"
    TRUNCATED = "truncated"
    UNKNOWN_FIELDS = "unknown_fields"
    BLOCKS = "blocks"
    LEAVES = "leaves"
    UNKNOWN_UPDATE = "unknown_update"


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule: which calls go wrong, how often and how. What is not given fits every call.

    The method "webhook" stands for deliveries to a webhook, which no other rule strikes: `slow` sets out later,
    `accept_then_drop` loses the receiver's answer, so that the update comes again, `drop_before_accept` and
    `hang` never reach it, and refusals are answered in its place.

    `count` is how many calls it may spoil in all; None is no limit. The first rule that fits a call decides;
    `slow` lets the following rules decide as well. A rule strikes from `from_ms` until before `until_ms`, by the
    sandbox's clock. `at_message` fits the bot's so many-th message to a chat, and each one after it.

    `latency_ms` is a fixed latency, the least of a uniform one, whose most is `most_ms`, or the median of a lognormal
    one, whose spread is `sigma` and which `most_ms` may cut. A `retry_after` of null is a 429 without parameters.
    With `accepted` the work is done all the same, although the answer says otherwise.
    """

    kind: FaultKind
    bot: int | str | None = None
    chat_id: int | None = None
    method: str | None = None
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    at_message: Annotated[int, msgspec.Meta(ge=1)] | None = None
    retry_after: Annotated[int, msgspec.Meta(ge=1)] | None = 1
    latency_ms: Annotated[int, msgspec.Meta(ge=0)] = 0
    most_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None
    distribution: Literal["fixed", "uniform", "lognormal"] = "fixed"
    sigma: Annotated[float, msgspec.Meta(gt=0, le=5)] = 0.5
    accepted: bool = False


class SetFault(msgspec.Struct, frozen=True):
    id: int
    fault: Fault
    used: int


class LimitRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast bots may send; None is no limit. A wait of up to `absorb_ms` is no refusal but only takes so long.

    `paid_per_second` is for sends with `allow_paid_broadcast`. In a chat `chat_burst` messages may come at once.
    """

    bot_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = 30
    paid_per_second: Annotated[int, msgspec.Meta(ge=1)] | None = 1000
    chat_per_second: Annotated[float, msgspec.Meta(gt=0)] | None = 1.0
    chat_burst: Annotated[int, msgspec.Meta(ge=1)] = 3
    absorb_ms: Annotated[int, msgspec.Meta(ge=0)] = 8000

    @property
    def limits_something(self) -> bool:
        return bool(self.bot_per_second or self.paid_per_second or self.chat_per_second)


class Limits(msgspec.Struct, frozen=True):
    """The rules for all bots, and those of the bots that have their own, by bot id."""

    rules: LimitRules
    bots: dict[str, LimitRules]


class NewTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the sandbox's clock shall be ahead of this machine's; or, with `by_ms`, how much further than now."""

    offset_ms: int | None = None
    by_ms: int = 0


class Time(msgspec.Struct, frozen=True):
    now_ms: int
    offset_ms: int


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request on the Bot API port. Times in ms of the wall clock.

    `broken_off` is None, or who ended it before the answer was read: the `client`, a `fault`, the sandbox by
    `closing`, or a `failure` of the sandbox itself.
    `closed_ms` is when the client closed the connection, if it did so after this answer without another request:
    a client that dies right after it fetched the answer leaves no other trace. `ok` and `error_code` speak of
    the answer as decided, also if it could not be delivered. `absorbed_ms` is how long the limits let it wait.
    `uploads` is how many files came with it; what is sent by its id brings none.
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


class Record(msgspec.Struct, frozen=True):
    """Requests that ended, from a cursor on, and those that are still open.

    A row comes a second time, with the same `seq`, when the client closes the connection after it. Only the newest rows
    are kept: `lost` are those from the cursor on that are not.
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

    `messages` are those that the bot sent, `duplicates` those of them that a chat had already got. Rates are messages
    within any second; `fast_chats` are the chats with more than one.
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
    """What a run amounts to; calls with a token that belongs to nobody count for bot 0."""

    accepted: int
    rejected: int
    messages: int
    duplicates: int
    violations: int
    unmodelled: int
    bots: list[BotCounts]


class Violation(msgspec.Struct, frozen=True):
    """What a bot should not do, and how often it did."""

    bot_id: int
    method: str
    what: str
    count: int


class Violations(msgspec.Struct, frozen=True):
    count: int
    listed: list[Violation]


class WebhookState(msgspec.Struct, frozen=True):
    """How deliveries to a bot's webhook go; `pending` counts those in flight as well."""

    url: str
    pending: int
    in_flight: int
    failures: int


class TranscriptMedia(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a message shows; its bytes are at `/media/{file_unique_id}`. A poll has no file, and is `poll`."""

    kind: str
    file_unique_id: str = ""
    name: str | None = None
    mime: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    duration: int | None = None
    spoiler: bool = False
    poll: dict[str, Any] | None = None


class TranscriptMessage(msgspec.Struct, frozen=True, omit_defaults=True):
    """`text` is the caption if `caption` says so. Messages with one `album` belong together.

    `edited_ms` is the last edit; of a message that was thinned nobody knows any more when it was edited or deleted.
    """

    message_id: int
    at_ms: int
    date: int
    from_bot: bool
    text: str | None = None
    edit_date: int | None = None
    entities: list[dict[str, Any]] = []
    reply_markup: dict[str, Any] | None = None
    paid: int | None = None
    deleted: bool = False
    media: TranscriptMedia | None = None
    album: str | None = None
    caption: bool = False
    caption_above: bool = False
    reply_to: int | None = None
    silent: bool = False
    protected: bool = False
    effect_id: str | None = None
    link_preview: dict[str, Any] | None = None
    edited_ms: int | None = None
    deleted_ms: int | None = None


class Tap(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button that the person tapped; without `answered_ms` it still waits for the bot's answer."""

    id: str
    message_id: int
    data: str
    at_ms: int
    answered_ms: int | None = None
    text: str = ""
    url: str = ""
    alert: bool = False


class Transcript(msgspec.Struct, frozen=True):
    """`taps` are the latest few; `chat_action` is what the bot says that it is doing, such as `typing`.

    `thinned` messages are not listed: of so many that were sent before, the sandbox keeps no words.
    """

    relation: str
    messages: list[TranscriptMessage]
    taps: list[Tap] = []
    chat_action: str | None = None
    thinned: int = 0


class CastPerson(msgspec.Struct, frozen=True):
    """A person in the list under a bot, with the last thing that was said.

    `last_kind` is None for a text, else `deleted`, `payment` or the kind of media.
    """

    id: int
    first_name: str
    username: str
    relation: str
    messages: int
    last_ms: int | None
    last_text: str | None
    last_kind: str | None
    last_from_bot: bool


class CastBot(msgspec.Struct, frozen=True):
    """A bot and the people who met it, the latest first; `more` are not listed."""

    id: int
    username: str
    name: str
    people: list[CastPerson]
    more: int


class EngineView(msgspec.Struct, frozen=True):
    """What the engine behind the bot says of a chat, in its own words, or in `detail` why it says nothing."""

    state: Literal["connected", "asked", "not_connected", "unreachable", "unknown_bot"]
    standing: dict[str, Any] | None = None
    detail: str = ""


class Command(msgspec.Struct, frozen=True):
    command: str
    description: str


class Snapshot(msgspec.Struct, frozen=True):
    """A watched chat as it is now; `earlier` messages are not among those of the transcript.

    `commands` are those that the bot shows to this person.
    """

    bot_id: int
    person: PersonInfo
    transcript: Transcript
    earlier: int
    engine: EngineView
    commands: list[Command] = []


class ControlError(msgspec.Struct, frozen=True):
    error: str
