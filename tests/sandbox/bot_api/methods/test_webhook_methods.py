"""Setting, deleting and showing a webhook: the order of things, the refusals, and what ends a poll."""

import asyncio
from typing import Any

import pytest

from bench.sandbox import SandboxClient
from bench.sandbox.bot_api.methods.call import Call, Confirmed
from bench.sandbox.bot_api.methods.updates import begin_poll
from bench.sandbox.bot_api.methods.webhooks import delete_webhook, get_webhook_info, set_webhook
from bench.sandbox.errors import ApiError
from bench.sandbox.protocol import Act
from bench.sandbox.world.bot import Bot
from bench.sandbox.world.objects import WebhookInfo
from bench.sandbox.world.state import State
from tests.sandbox.caller import Caller
from tests.sandbox.receiver import Receiver

WORD = "s"
HOOK = "http://127.0.0.1:8080/telegram/1"
ACTIVE = (
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
)
NOT_HERE = (
    "Bad Request: bad webhook: the sandbox delivers to its own machine only; "
    "use a loopback address such as http://127.0.0.1:8080"
)


class Desk:
    """The methods without a server, each call two seconds after the last."""

    def __init__(self) -> None:
        self.state = State(0)
        self.bot: Bot = self.state.add_bot()
        self.now_ms = 1_000_000

    def call(self, **given: Any) -> Call:
        self.now_ms += 2_000
        return Call(self.state, self.bot, given, self.now_ms)

    def set(self, **given: Any) -> str:
        return set_webhook(self.call(**given)).description

    def info(self) -> WebhookInfo:
        return get_webhook_info(self.call())


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"url": "http://"}, "Bad Request: invalid webhook URL specified"),
        ({"url": "ftp://127.0.0.1/x"}, "Bad Request: invalid webhook URL specified"),
        ({"url": "http://127.0.0.1:99999/x"}, "Bad Request: invalid webhook URL specified"),
        ({"url": HOOK, "secret_token": "x" * 257}, "Bad Request: secret token is too long"),
        ({"url": HOOK, "secret_token": "a b"}, "Bad Request: secret token contains unallowed characters"),
        ({"url": HOOK, "secret_token": "ação"}, "Bad Request: secret token contains unallowed characters"),
        ({"url": "http://example.com/x"}, NOT_HERE),
        ({"url": "http://192.0.2.7:8080/x"}, NOT_HERE),
        (
            {"url": "https://127.0.0.1:8443/x"},
            "Bad Request: bad webhook: the sandbox speaks plain HTTP only; use an address with http://",
        ),
    ],
)
async def test_an_invalid_webhook_is_refused(bot: Caller, given: dict[str, str], description: str) -> None:
    assert (await bot("setWebhook", **given)).refusal == (400, description)
    assert (await bot("getWebhookInfo")).result["url"] == ""
    assert (await bot("getUpdates")).result == []


@pytest.mark.parametrize("url", ["http://localhost/x", "http://[::1]:9000/x", HOOK])
def test_any_address_of_this_machine_may_be_a_webhook(desk: Desk, url: str) -> None:
    assert desk.set(url=url, secret_token="aZ09_-" * 42) == "Webhook was set"
    assert desk.info().url == url


async def test_a_webhook_that_was_set_is_shown(bot: Caller, person: int, slow_receiver: Receiver) -> None:
    assert person
    given = {"url": slow_receiver.url, "max_connections": 7, "allowed_updates": ["message"]}
    answer = await bot("setWebhook", **given)
    assert answer.content == {"ok": True, "result": True, "description": "Webhook was set"}
    assert (await bot("getWebhookInfo")).result == {
        **given,
        "has_custom_certificate": False,
        "pending_update_count": 1,
        "ip_address": "127.0.0.1",
    }


@pytest.mark.parametrize(("given", "kept"), [(None, 40), (0, 1), (100, 100), (101, 100)])
def test_a_number_of_connections_out_of_range_is_clamped(desk: Desk, given: int | None, kept: int) -> None:
    desk.set(url=HOOK, max_connections=given)
    assert desk.info().max_connections == kept


def test_the_same_webhook_is_only_confirmed_and_takes_new_update_types(desk: Desk) -> None:
    desk.set(url=HOOK, secret_token=WORD)
    hook = desk.bot.webhook
    assert desk.set(url=HOOK, secret_token=WORD, allowed_updates=["message"]) == "Webhook is already set"
    assert desk.bot.webhook is hook
    assert desk.info().allowed_updates == ("message",)
    assert desk.set(url=HOOK, secret_token=WORD + "2") == "Webhook was set"
    assert desk.bot.webhook is not hook


def test_allowed_updates_persist_until_they_are_changed(desk: Desk) -> None:
    desk.set(url=HOOK, allowed_updates=["message"])
    desk.set(url=HOOK + "/2")
    assert desk.info().allowed_updates == ("message",)
    desk.set(url=HOOK + "/3", allowed_updates=[])
    assert desk.info().allowed_updates == ()


def test_a_refused_webhook_leaves_the_bot_without_one(desk: Desk) -> None:
    desk.set(url=HOOK)
    with pytest.raises(ApiError, match="secret token contains unallowed characters"):
        desk.set(url=HOOK, secret_token=WORD + "!")
    assert desk.info().url == ""


def test_a_bot_may_set_a_webhook_once_a_second(desk: Desk) -> None:
    desk.set(url=HOOK)
    again = desk.call(url=HOOK)
    desk.now_ms -= 1_001
    with pytest.raises(ApiError, match="Too Many Requests: retry after 1") as caught:
        set_webhook(Call(again.state, again.bot, again.given, desk.now_ms))
    assert caught.value.retry_after == 1
    assert set_webhook(again) == Confirmed("Webhook is already set")


@pytest.mark.parametrize("delete", [delete_webhook, set_webhook])
def test_an_empty_address_deletes_the_webhook(desk: Desk, delete: Any) -> None:
    desk.set(url=HOOK)
    assert delete(desk.call(url="")) == Confirmed("Webhook was deleted")
    assert delete(desk.call()) == Confirmed("Webhook is already deleted")
    assert desk.info() == WebhookInfo("", has_custom_certificate=False, pending_update_count=0)
    assert begin_poll(desk.call()).limit == 100


async def test_a_webhook_and_polling_exclude_each_other(bot: Caller, receiver: Receiver) -> None:
    await bot("setWebhook", url=receiver.url)
    assert (await bot("getUpdates", timeout=50)).refusal == ACTIVE
    await bot("deleteWebhook")
    assert (await bot("getUpdates")).result == []


async def test_setting_a_webhook_ends_the_poll_that_waits(
    bot: Caller, client: SandboxClient, receiver: Receiver
) -> None:
    poll = asyncio.create_task(bot("getUpdates", timeout=50))
    await client.open_requests()
    await bot("setWebhook", url=receiver.url)
    assert (await poll).refusal == (409, "Conflict: terminated by setWebhook request")


@pytest.mark.parametrize("method", ["setWebhook", "deleteWebhook"])
async def test_pending_updates_are_dropped_on_request(
    bot: Caller, client: SandboxClient, person: int, receiver: Receiver, method: str
) -> None:
    await client.act([Act("write", "shop_bot", person, text="old")] * 3)
    await bot(method, url=receiver.url, drop_pending_updates=True)
    assert (await bot("getWebhookInfo")).result["pending_update_count"] == 0
    assert receiver.quiet
