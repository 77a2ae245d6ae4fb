"""Fetching updates: what an offset acknowledges, what is to be handed out. The waiting is the transport's."""

from dataclasses import dataclass
from itertools import islice

from bench.sandbox import parameters
from bench.sandbox.methods.call import Call, Method
from bench.sandbox.objects import WebhookInfo
from bench.sandbox.state import Bot, Queued

_MOST = 100
_LONGEST_POLL_S = 50


@dataclass(frozen=True, slots=True)
class Poll:
    limit: int
    seconds: int


def begin_poll(call: Call) -> Poll:
    """Acknowledge what the offset passes; give what to hand out and how long to wait for it."""
    allowed = parameters.string_list(call.given, "allowed_updates")
    if allowed is not None:
        call.bot.allowed_updates = allowed
    _acknowledge(call, parameters.integer(call.given, "offset"))
    limit = parameters.integer(call.given, "limit", _MOST)
    seconds = parameters.integer(call.given, "timeout")
    return Poll(limit if 1 <= limit <= _MOST else _MOST, min(max(seconds, 0), _LONGEST_POLL_S))


def waiting_updates(bot: Bot, poll: Poll) -> list[Queued]:
    return list(islice(bot.updates, poll.limit))


def _acknowledge(call: Call, offset: int) -> None:
    """Acknowledge what lies below the offset; a negative one keeps that many of the newest updates."""
    bot = call.bot
    before = offset
    if offset < 0:
        before = bot.updates[offset].update_id if -offset <= len(bot.updates) else 0
    call.state.acknowledge(bot, before, call.now_ms)


def delete_webhook(call: Call) -> bool:
    if parameters.boolean(call.given, "drop_pending_updates"):
        call.state.acknowledge(call.bot, call.bot.next_update_id, call.now_ms)
    return True


def get_webhook_info(call: Call) -> WebhookInfo:
    return WebhookInfo("", has_custom_certificate=False, pending_update_count=len(call.bot.updates))


UPDATES: dict[str, Method] = {"deleteWebhook": delete_webhook, "getWebhookInfo": get_webhook_info}
