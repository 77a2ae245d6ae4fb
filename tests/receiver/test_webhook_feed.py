"""Webhooks: the receiver sets and looks after them, takes updates in over HTTP, and confirms feeds by its looks."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from http import HTTPStatus
from pathlib import Path

import aiohttp
import msgspec
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.ports import listen as port_of
from bench.sandbox.protocol import BotInfo, Fault, FaultKind
from engine.administration.registration import add
from engine.receiver import webhook_feed
from engine.receiver.http import server
from engine.receiver.http.server import MAX_BODY
from engine.receiver.receiver import Receiver
from engine.receiver.webhook_feed import rest_s
from engine.runtime.service import run_service
from engine.security.vault import Vault
from engine.settings import Secret, Settings, load_settings
from storage.postgres.pool import Pool, open_pool
from storage.redis import keys
from storage.redis.arrivals import Arrivals
from storage.redis.client import Redis, open_redis
from storage.redis.ownership import OwnCode
from storage.redis.timer_values import Confirmed

WRONG = "a-secret-that-nobody-has"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OTHER_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
HEADER = "X-Telegram-Bot-Api-Secret-Token"


class Desk:
    def __init__(self, settings: Settings, people: SandboxClient, bot: BotInfo, pool: Pool, client: Redis) -> None:
        self.settings, self.people, self.bot, self.pool, self.client = settings, people, bot, pool, client
        self.session = aiohttp.ClientSession()
        self.receiver = Receiver(settings, self.session, pool, client)

    @property
    def address(self) -> str:
        return f"{self.settings.webhook_url}{webhook_feed.PATH}/{self.bot.id}"

    @property
    def secret(self) -> str:
        (secret,) = self.receiver._secrets_of(self.bot.id) or [""]
        return secret

    async def set_up(self) -> None:
        """The receiver listens, and Telegram knows where."""
        await self.receiver.run_once()
        await self.until_webhook(self.address)

    async def until_webhook(self, url: str) -> None:
        async with asyncio.timeout(20):
            while (await self.people.webhook(self.bot.username)).url != url:  # noqa: ASYNC110 - the sandbox is the signal
                await asyncio.sleep(0.02)

    async def post(
        self, body: bytes | io.BytesIO, secret: str | None = None, path: str | None = None
    ) -> tuple[int, str]:
        headers = {HEADER: self.secret if secret is None else secret}
        async with self.session.post(path or self.address, data=body, headers=headers) as response:
            return response.status, await response.text()

    async def someone(self) -> int:
        (person,) = await self.people.add_people(1)
        return person.id

    async def watermark(self) -> int:
        return int(await self.client.hget(keys.of_bot(self.bot.id).bot, "watermark") or 0)

    async def confirmed_after(self, before_ms: int) -> None:
        async with asyncio.timeout(20):
            while await self.watermark() <= before_ms:  # noqa: ASYNC110 - Redis is the signal
                await asyncio.sleep(0.02)


@pytest.fixture
async def desk(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(webhook_feed, "NEAR_S", 0.05)
    monkeypatch.setattr(webhook_feed, "FAR_S", 0.05)
    with port_of(0) as free:
        port = free.getsockname()[1]
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=1, webhook_second=0.02))
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        environ = {
            "REDIS_URL": redis_url,
            "DATABASE_URL": database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": sandbox.api_url,
            "WEBHOOK_URL": f"http://127.0.0.1:{port}",
            "PORT": str(port),
        }
        settings = load_settings(environ, Path("no.env"))
        client, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        await add(settings, Secret(sandbox.bots[0].token))
        desk = Desk(settings, people, sandbox.bots[0], pool, client)
        stack.push_async_callback(desk.session.close)
        stack.push_async_callback(desk.receiver._close, [])
        await stack.enter_async_context(desk.receiver.http.listening())
        yield desk


async def test_an_update_is_taken_in_and_acknowledged(desk: Desk) -> None:
    await desk.set_up()
    person = await desk.someone()
    done = await desk.people.start(desk.bot.username, person)
    assert done.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, done.update_id) is not None
    await desk.receiver.activity.flush()
    assert await desk.pool.fetchval("SELECT chat_id FROM chats") == person
    came = await Arrivals(desk.client).look(desk.bot.id)
    assert came.highest == done.update_id


async def test_looks_confirm_the_feed_without_any_update(desk: Desk) -> None:
    await desk.set_up()
    await desk.confirmed_after(0)
    await desk.confirmed_after(await desk.watermark())


async def test_pending_updates_hold_the_watermark(desk: Desk) -> None:
    await desk.set_up()
    await desk.confirmed_after(0)
    await desk.pool.execute("ALTER TABLE payments RENAME TO elsewhere")
    paid = await desk.people.pay(desk.bot.username, await desk.someone())
    await desk.people.webhook(desk.bot.username, failures=3)
    held = await desk.watermark()
    await desk.people.webhook(desk.bot.username, failures=6)
    assert await desk.watermark() == held
    await desk.pool.execute("ALTER TABLE elsewhere RENAME TO payments")
    assert paid.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, paid.update_id, 30) is not None
    await desk.confirmed_after(held)


async def test_later_updates_do_not_hide_a_pending_one(desk: Desk) -> None:
    await desk.set_up()
    await desk.confirmed_after(0)
    waiting, *others = [await desk.someone() for _ in range(6)]
    await desk.people.set_fault(Fault(FaultKind.BAD_GATEWAY, method="webhook", chat_id=waiting, count=8))
    late = await desk.people.start(desk.bot.username, waiting)
    await desk.people.webhook(desk.bot.username, failures=2)
    held = await desk.watermark()
    for other in others:
        done = await desk.people.start(desk.bot.username, other)
        assert done.update_id is not None
        assert await desk.people.acknowledged_at(desk.bot.username, done.update_id) is not None
    await desk.people.webhook(desk.bot.username, failures=6)
    assert await desk.watermark() == held
    assert late.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, late.update_id, 30) is not None
    await desk.confirmed_after(held)


async def test_a_restarted_numbering_is_no_loss(desk: Desk) -> None:
    await desk.set_up()
    await Arrivals(desk.client).raise_floor(desk.bot.id, 2_000_000_000)
    done = await desk.people.start(desk.bot.username, await desk.someone())
    assert done.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, done.update_id) is not None
    await desk.confirmed_after(await desk.watermark())
    assert (await Arrivals(desk.client).look(desk.bot.id)).highest == done.update_id
    assert await desk.pool.fetchval("SELECT doubted_until FROM bots") is None


async def test_a_busy_webhook_is_freed_after_redis_was_emptied_and_its_silences_are_doubted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something is always pending, so no look ever shows that nothing is missing."""
    await desk.set_up()
    await desk.confirmed_after(0)
    waiting, other = await desk.someone(), await desk.someone()
    await desk.people.set_fault(Fault(FaultKind.BAD_GATEWAY, method="webhook", chat_id=waiting, count=1_000))
    await desk.people.start(desk.bot.username, waiting)
    await desk.people.webhook(desk.bot.username, failures=2)
    await desk.client.hdel(keys.of_bot(desk.bot.id).bot, "floor")
    held = await desk.watermark()
    monkeypatch.setattr(webhook_feed, "GIVE_UP_MS", 100)
    async with asyncio.timeout(20):
        while await desk.watermark() <= held:
            done = await desk.people.start(desk.bot.username, other)
            assert done.update_id is not None
            assert await desk.people.acknowledged_at(desk.bot.username, done.update_id) is not None
    assert await desk.pool.fetchval("SELECT doubted_until FROM bots") > held
    assert await desk.pool.fetchval("SELECT count(*) FROM incidents") == 0


async def test_an_update_that_takes_too_long_is_to_be_delivered_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "TAKE_S", 0.05)
    await desk.set_up()
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("LOCK TABLE payments")
        paid = await desk.people.pay(desk.bot.username, await desk.someone())
        assert (await desk.people.webhook(desk.bot.username, failures=1)).failures
    assert paid.update_id is not None
    assert await desk.people.acknowledged_at(desk.bot.username, paid.update_id, 30) is not None


async def test_a_wrong_secret_an_unknown_bot_and_a_strange_path_get_the_same_answer(desk: Desk) -> None:
    await desk.receiver.run_once()
    answers = {await desk.post(b"{}", secret) for secret in (WRONG, "", "ñ")}
    base = f"{desk.settings.webhook_url}{webhook_feed.PATH}"
    for path in (*(f"{base}/{name}" for name in ("1", "x", "-1", "9" * 400, desk.bot.token)), base, f"{base}s/1"):
        answers.add(await desk.post(b"{}", path=path))
    ((status, said),) = answers
    assert (status, list(json.loads(said))) == (HTTPStatus.NOT_FOUND, ["error"])


async def test_a_token_that_cannot_be_read_costs_no_line_per_request(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = msgspec.structs.replace(desk.settings, encryption_keys=(Secret(OTHER_KEY),))
    receiver = Receiver(settings, desk.session, desk.pool, desk.client)
    await receiver.run_once()
    capsys.readouterr()
    assert [receiver._secrets_of(desk.bot.id) for _ in range(3)] == [None] * 3
    assert capsys.readouterr().out == ""
    await receiver._close([])


async def test_a_huge_or_broken_body_is_refused_and_an_unreadable_update_is_skipped(desk: Desk) -> None:
    await desk.receiver.run_once()
    assert (await desk.post(io.BytesIO(b"x" * (MAX_BODY + 1))))[0] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    for body in (b"", b"{", b"[]", b"\xff", b'{"message": 1}', b"[" * 5_000, b'{"x":' * 200_000):
        assert (await desk.post(body))[0] == HTTPStatus.BAD_REQUEST
    assert (await desk.post(b'{"update_id": 1, "message": {"chat": 3}}'))[0] == HTTPStatus.OK
    assert (await desk.post(b'{"update_id": 1, "something_new": {}}'))[0] == HTTPStatus.OK


@pytest.mark.parametrize(
    "text", [rb'"words \ud83d"', b'"words \xff"', b'["words",' * 5_000 + b"1" + b"]" * 5_000, b"NaN"]
)
async def test_a_bad_update_is_named_by_number_and_kind_and_the_next_takes_effect(
    desk: Desk, text: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    await desk.receiver.run_once()
    update = b'{"update_id":%d,"message":{"chat":{"id":5,"type":"private"},"date":1800000000,"text":%s}}'
    assert (await desk.post(update % (7, text)))[0] == HTTPStatus.OK
    assert (await desk.post(update % (8, b'"hello"')))[0] == HTTPStatus.OK
    said = capsys.readouterr().out
    assert "update=7" in said
    assert "kind=message" in said
    assert "words" not in said
    await desk.receiver.activity.flush()
    assert await desk.pool.fetchval("SELECT chat_id FROM chats") == 5


async def test_the_token_is_not_in_the_address_and_not_in_the_secret(desk: Desk) -> None:
    await desk.receiver.run_once()
    assert desk.bot.token.partition(":")[2] not in desk.address + desk.secret


async def test_a_webhook_that_leads_elsewhere_is_left_alone(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = "http://127.0.0.1:1/another/system"
    api = desk.settings.telegram_api_url
    async with desk.session.post(f"{api}/bot{desk.bot.token}/setWebhook", data={"url": elsewhere}) as response:
        assert response.ok
    await desk.receiver.run_once()
    feeding = desk.receiver._feeding[desk.bot.id].task
    async with asyncio.timeout(20):
        while "delete it there" not in capsys.readouterr().out:  # noqa: ASYNC110 - the log is the signal
            await asyncio.sleep(0.02)
    assert (await desk.people.webhook(desk.bot.username)).url == elsewhere
    assert not feeding.done()


async def test_a_bot_that_is_removed_gets_no_updates_any_more(desk: Desk) -> None:
    await desk.set_up()
    await desk.pool.execute("UPDATE bots SET status = 'removed', token = ''")
    await desk.receiver.run_once()
    async with asyncio.timeout(20):
        while (await desk.people.webhook(desk.bot.username)).url:  # noqa: ASYNC110 - the sandbox is the signal
            await asyncio.sleep(0.02)
    assert (await desk.post(b"{}", WRONG))[0] == HTTPStatus.NOT_FOUND


async def test_a_token_that_is_encrypted_again_disturbs_no_feed(desk: Desk) -> None:
    """A new one does, and so does the same one for a feed that was given up."""
    await desk.set_up()
    again = desk.receiver._feeding[desk.bot.id].task
    vault = Vault(desk.settings.encryption_keys)
    for token, ends in ((desk.bot.token, False), (f"{desk.bot.id}:another", True), (desk.bot.token, True)):
        before = again
        sealed = vault.encrypt(token)
        await desk.pool.execute("UPDATE bots SET token = $1", sealed)
        await desk.receiver.run_once()
        again = desk.receiver._feeding[desk.bot.id].task
        assert (again is not before) is ends
        assert desk.receiver._feeding[desk.bot.id].bot.token == sealed
    again.cancel()
    await asyncio.wait([again])
    await desk.pool.execute("UPDATE bots SET token = $1", vault.encrypt(desk.bot.token))
    await desk.receiver.run_once()
    assert not desk.receiver._feeding[desk.bot.id].task.done()


async def test_a_bot_is_known_by_the_key_of_its_webhook(desk: Desk) -> None:
    await desk.set_up()
    await desk.confirmed_after(0)
    noted = "SELECT webhook_key FROM bots"
    assert await desk.pool.fetchval(noted) == Vault(desk.settings.encryption_keys).fingerprints[0]


async def test_polling_removes_our_own_webhook_and_loses_nothing(desk: Desk) -> None:
    await desk.set_up()
    await desk.receiver._close([])
    polling = load_settings(
        {
            "REDIS_URL": desk.settings.redis_url,
            "DATABASE_URL": desk.settings.database_url,
            "ENCRYPTION_KEY": KEY,
            "TELEGRAM_API_URL": desk.settings.telegram_api_url,
        },
        Path("no.env"),
    )
    receiver = Receiver(polling, desk.session, desk.pool, desk.client)
    await receiver.run_once()
    meanwhile = await desk.people.start(desk.bot.username, await desk.someone())
    await desk.until_webhook("")
    polled = await desk.people.start(desk.bot.username, await desk.someone())
    for done in (meanwhile, polled):
        assert done.update_id is not None
        assert await desk.people.acknowledged_at(desk.bot.username, done.update_id, 30) is not None
    assert await desk.pool.fetchval("SELECT webhook_key FROM bots") is None
    await receiver._close([])


async def test_the_health_checks_show_the_state_of_the_receiver(desk: Desk) -> None:
    async def said(path: str) -> int:
        async with desk.session.get(f"{desk.settings.webhook_url}/{path}") as response:
            return response.status

    async def one_turn() -> None:
        stop, over = asyncio.Event(), iter((False, True))
        stop.set()
        rest = partial(desk.receiver._rest, stop)
        await run_service(desk.receiver.run_once, rest, "Receiver turn failed", is_over=lambda: next(over))

    assert (await desk.post(b"{}", WRONG))[0] == HTTPStatus.SERVICE_UNAVAILABLE, "the bots are not known yet"
    assert (await said("healthz"), await said("readyz")) == (HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE)
    await one_turn()
    assert await said("readyz") == HTTPStatus.OK
    await desk.pool.close()
    await one_turn()
    assert await said("readyz") == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.parametrize(
    ("nearest_ms", "threshold_ms", "rest"),
    [
        (-1, None, webhook_feed.FAR_S),
        (-1, 600_000, webhook_feed.FAR_S),
        (3_600_000, 600_000, webhook_feed.FAR_S),
        (16_000, 600_000, 10.0),
        (1_000, 600_000, 3.0),
        (-5_000, 600_000, 3.0),
        (-1, 12_000, 6.0),
        (-1, 1_000, 3.0),
    ],
)
def test_looks_begin_before_the_nearest_due_and_are_rare_otherwise(
    nearest_ms: int, threshold_ms: int | None, rest: float
) -> None:
    now_ms = 1_000_000
    nearest = nearest_ms if nearest_ms == -1 else now_ms + nearest_ms
    assert rest_s(Confirmed(OwnCode.OURS, now_ms, nearest), threshold_ms) == rest
