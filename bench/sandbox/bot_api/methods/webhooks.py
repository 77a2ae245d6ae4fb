"""Setting, deleting and showing a webhook. `webhook_delivery` delivers.

The server's order is visible: it removes the old webhook, and drops pending updates if asked to, before it looks at
the new address. A refused setWebhook therefore leaves the bot without a webhook. Setting the same webhook again only
confirms it, and a bot may set one once a second.

As with a local Bot API server, addresses are plain HTTP on any port. Updates are only delivered to this machine, and
certificates are not read.
"""

import re
from ipaddress import ip_address

from yarl import URL

from bench.sandbox import errors
from bench.sandbox.bot_api import parameters
from bench.sandbox.bot_api.methods.call import Call, Confirmed, Method
from bench.sandbox.errors import ApiError
from bench.sandbox.world.bot import Webhook
from bench.sandbox.world.objects import WebhookInfo, seconds

_LOCALHOST = "127.0.0.1"
_PAUSE_MS = 1000
_DEFAULT_CONNECTIONS = 40
_MOST_CONNECTIONS = 100
_LONGEST_SECRET = 256
_SECRET = re.compile(r"[A-Za-z0-9_-]*")


def set_webhook(call: Call) -> Confirmed:
    url = parameters.text(call.given, "url")
    if not url:
        return delete_webhook(call)
    _require_pause(call)
    if _is_set(call, url):
        _read_allowed_updates(call)
        return Confirmed("Webhook is already set")
    _close(call)
    wanted = _wanted(call, url)
    call.bot.webhook = wanted
    call.state.stir(call.bot)
    return Confirmed("Webhook was set")


def delete_webhook(call: Call) -> Confirmed:
    was_set = call.bot.webhook is not None
    _close(call)
    return Confirmed("Webhook was deleted" if was_set else "Webhook is already deleted")


def get_webhook_info(call: Call) -> WebhookInfo:
    hook, pending = call.bot.webhook, len(call.bot.updates)
    allowed = call.bot.allowed_updates
    if hook is None:
        return WebhookInfo("", has_custom_certificate=False, pending_update_count=pending, allowed_updates=allowed)
    return WebhookInfo(
        hook.url,
        has_custom_certificate=False,
        pending_update_count=pending,
        ip_address=hook.ip_address,
        last_error_date=seconds(hook.last_error_ms) or None,
        last_error_message=hook.last_error,
        max_connections=hook.max_connections,
        allowed_updates=allowed,
    )


def _require_pause(call: Call) -> None:
    if 0 < call.bot.next_webhook_ms - call.now_ms <= _PAUSE_MS:  # further away: the clock was set back
        raise errors.too_many_requests(1)
    call.bot.next_webhook_ms = call.now_ms + _PAUSE_MS


def _is_set(call: Call, url: str) -> bool:
    """Whether exactly this webhook is already set, and nothing is to be dropped."""
    hook = call.bot.webhook
    return (
        hook is not None
        and (hook.url, hook.secret_token, hook.max_connections) == (url, _secret(call), _max_connections(call))
        and not parameters.boolean(call.given, "drop_pending_updates")
    )


def _close(call: Call) -> None:
    """Remove the webhook; updates in flight are not acknowledged and stay."""
    call.bot.webhook = None
    call.state.stir(call.bot)
    if parameters.boolean(call.given, "drop_pending_updates"):
        call.state.acknowledge(call.bot, call.bot.next_update_id, call.now_ms)


def _wanted(call: Call, url: str) -> Webhook:
    target, secret = _parsed(url), _secret(call)
    if len(secret) > _LONGEST_SECRET:
        raise ApiError(errors.SECRET_TOO_LONG)
    if not _SECRET.fullmatch(secret):
        raise ApiError(errors.SECRET_UNALLOWED)
    _read_allowed_updates(call)
    if target.scheme == "https":
        raise ApiError(errors.WEBHOOK_NOT_PLAIN)
    return Webhook(url, secret, _max_connections(call), _loopback(target))


def _parsed(url: str) -> URL:
    """Parse as the server does: an address without a scheme means HTTPS."""
    try:
        parsed = URL(url if "://" in url else f"https://{url}")
    except ValueError as error:
        raise ApiError(errors.WEBHOOK_URL_INVALID) from error
    if parsed.scheme not in {"http", "https"} or not parsed.host or not parsed.port:
        raise ApiError(errors.WEBHOOK_URL_INVALID)
    return parsed


def _loopback(target: URL) -> str:
    """Return the address on this machine that the URL names."""
    host = _LOCALHOST if target.host == "localhost" else target.host or ""
    try:
        address = ip_address(host)
    except ValueError as error:
        raise ApiError(errors.WEBHOOK_NOT_HERE) from error
    if not address.is_loopback:
        raise ApiError(errors.WEBHOOK_NOT_HERE)
    return host


def _secret(call: Call) -> str:
    return parameters.text(call.given, "secret_token")


def _max_connections(call: Call) -> int:
    """Read as the server does: a number out of range becomes the nearest allowed one."""
    given = parameters.integer(call.given, "max_connections", _DEFAULT_CONNECTIONS)
    return min(max(given, 1), _MOST_CONNECTIONS)


def _read_allowed_updates(call: Call) -> None:
    allowed = parameters.string_list(call.given, "allowed_updates")
    if allowed is not None:
        call.bot.allowed_updates = allowed


WEBHOOKS: dict[str, Method] = {
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
