"""Fetching updates: what an offset acknowledges, and what is handed out. `long_polling` does the waiting."""

from dataclasses import dataclass
from itertools import islice

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.updates import Queued

_MOST = 100
_LONGEST_POLL_S = 50


@dataclass(frozen=True, slots=True)
class UpdatesRequest:
    limit: int
    seconds: int


def begin_poll(call: Call) -> UpdatesRequest:
    """Acknowledge the updates below the offset; return how many to hand out and how long to wait for them."""
    if call.bot.webhook is not None:
        raise ApiError(errors.WEBHOOK_ACTIVE)
    allowed = parameters.string_list(call.given, "allowed_updates")
    if allowed is not None:
        call.bot.allowed_updates = allowed
    _acknowledge(call, parameters.integer(call.given, "offset"))
    limit = parameters.integer(call.given, "limit", _MOST)
    seconds = parameters.integer(call.given, "timeout")
    return UpdatesRequest(limit if 1 <= limit <= _MOST else _MOST, min(max(seconds, 0), _LONGEST_POLL_S))


def waiting_updates(bot: Bot, poll: UpdatesRequest) -> list[Queued]:
    return list(islice(bot.updates.values(), poll.limit))


def _acknowledge(call: Call, offset: int) -> None:
    """Acknowledge the updates below the offset; a negative offset keeps that many of the newest."""
    bot = call.bot
    before = offset
    if offset < 0:
        before = next(islice(reversed(bot.updates), -offset - 1, None), 0)
    call.state.acknowledge(bot, before, call.now_ms)
