"""The conditions under which bots work: faults, limits and the clock."""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

# The `method` of a fault that strikes deliveries to a webhook.
DELIVERY = "webhook"


class FaultKind(StrEnum):
    """What goes wrong.

    `too_many_requests` to `no_description` are answers that replace the work. `drop_before_accept` closes the
    connection without the work, `hang` never answers. `slow` does the work at once and answers later.

    With these the work is done, and the answer suffers: `accept_then_drop` closes the connection instead, `truncated`
    cuts the JSON in half, `unknown_fields` adds to every object a field that no client knows.

    These happen before the work, which then goes as it may: with `blocks` the person of the chat blocks the bot, with
    `leaves` they delete their account; `unknown_update` queues an update of a type that no client knows.
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
    """A rule: which calls go wrong, how often and how. A condition that is not given fits every call.

    The method "webhook" stands for deliveries to a webhook, which no other rule strikes: `slow` delivers later,
    `accept_then_drop` loses the receiver's answer, so that the update comes again, `drop_before_accept` and
    `hang` never reach the receiver, and refusals are answered in its place.

    `count` is how many calls the rule may strike in all; None is no limit. The first rule that fits a call decides;
    `slow` lets the following rules decide as well. A rule strikes from `from_ms` until before `until_ms`, by the
    sandbox's clock. With `at_message` 3 it strikes the bot's third message to a chat and every later one.

    `latency_ms` is a fixed latency, the least of a uniform one, whose most is `most_ms`, or the median of a lognormal
    one, whose spread is `sigma` and which `most_ms` may cut. A `retry_after` of null is a 429 without parameters.
    With `accepted` the work is done although the answer says otherwise.
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
    """How fast bots may send; None is no limit. A call that would have to wait for at most `absorb_ms` is not refused.

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


class NewNumbers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `update_id` of a bot's next update; those after it count on."""

    first: Annotated[int, msgspec.Meta(ge=1, lt=2**31)]


class NewTime(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far ahead of this machine's clock the sandbox's shall be; `by_ms` moves it further than that."""

    offset_ms: int | None = None
    by_ms: int = 0


class Time(msgspec.Struct, frozen=True):
    now_ms: int
    offset_ms: int
