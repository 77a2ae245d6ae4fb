"""Whatever one update contains, the one behind it takes effect, and no word of it is in any output.

A storm of them: `./dev test tests/receiver/test_any_update.py --hypothesis-profile=storm`.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from copy import deepcopy
from http import HTTPStatus
from random import Random
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.sandbox.ports import listen as port_of
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.receiver.http.server import HttpServer, WebhookIntake
from engine.receiver.opt_out_replies import OptOutReplies
from engine.receiver.polling_feed import Polled, PollingFeed
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.webhook_feed import PATH
from engine.telegram.client import BotApi
from storage.postgres.pool import open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis import keys
from storage.redis.client import open_redis
from storage.redis.server_identity import run_of
from storage.redis.timer_values import Holding
from storage.redis.timers import Timers
from tests.receiver.update_samples import any_update

BOT = 7
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "secret"}
WORD = "zqleak"
"""It begins every text of a mutated update."""
FLUSH_EVERY = 20
GOOD_PERSON = 6_000_000_000

RAW = (
    rb'"zqleak \ud83d"',
    b'"zqleak \xff\xfe"',
    b'["zqleak",' * 3_000 + b"1" + b"]" * 3_000,
    b"NaN",
    b"-Infinity",
    b"01",
    b"1e3",
    b"1.0",
    b"9" * 400,
    b'"zqleak \n\x00"',
    rb'"zqleak \q"',
    b"",
    b"zqleak",
    b'1,"chat":"zqleak"',
)
"""What takes a value's place in the text itself."""
ODD: tuple[Any, ...] = (None, True, 0, -1, 2**31, 2**63, -(2**64), 1.5, "", "\0", "\ud83d", [], {}, [[]], {"id": 1})


@pytest.fixture
async def desk(redis_url: str, database_url: str) -> AsyncIterator["Desk"]:
    async with AsyncExitStack() as stack:
        pool, client = await open_pool(database_url), open_redis(redis_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        timers = Timers(client)
        activity = Activity(pool, timers, lambda bot: Watched(bot, "shop_bot", b"", 60_000))
        endings = Endings(pool, client, timers, activity.name)
        effects = UpdateHandler(client, activity, endings, OptOutReplies(lambda _: None))
        await client.set(keys.of_bot(BOT).poll, "us 1")
        desk = Desk(session, timers, effects, Holding("us 1", await run_of(client)))
        await desk.open(stack)
        yield desk


class Desk:
    """A feed that polls a server, and a webhook, both with their effects in the same databases."""

    def __init__(
        self, session: aiohttp.ClientSession, timers: Timers, effects: UpdateHandler, holding: Holding
    ) -> None:
        self.session, self.timers, self.effects, self.holding = session, timers, effects, holding
        self.answer = b""
        self.number = 0

    async def open(self, stack: AsyncExitStack) -> None:
        telegram = web.Application()
        telegram.router.add_post("/{path:.*}", self._answered)
        server = await stack.enter_async_context(TestServer(telegram))
        api = BotApi(self.session, str(server.make_url("")).rstrip("/"), "7:token")
        self.feed = PollingFeed(api, self.effects, BOT, "shop_bot", lambda: self.holding)
        with port_of(0) as free:
            port = free.getsockname()[1]
        intake = WebhookIntake(lambda _: ["secret"], self._take, lambda: True, lambda: True, lambda _: None)
        await stack.enter_async_context(HttpServer(intake, "127.0.0.1", port).listening())
        self.address = f"http://127.0.0.1:{port}{PATH}/{BOT}"

    async def _answered(self, _: web.Request) -> web.Response:
        return web.Response(body=self.answer)

    async def _take(self, bot_id: int, _: int, event: Any) -> None:
        if event is not None:
            await self.effects.take(bot_id, event)

    async def deliver(self, body: bytes) -> int:
        """As Telegram does: again, as long as a busy receiver asks for it."""
        while (status := await self._post(body)) == HTTPStatus.SERVICE_UNAVAILABLE:
            pass
        return status

    async def _post(self, body: bytes) -> int:
        async with self.session.post(self.address, data=body, headers=SECRET) as response:
            return response.status

    def next_number(self) -> int:
        self.number += 1
        return self.number

    async def is_armed(self, person: int) -> bool:
        if person % FLUSH_EVERY == 0:
            await self.effects.activity.flush()
        return await self.timers.versions(BOT, [person]) != [None]


def good(number: int) -> bytes:
    person = GOOD_PERSON + number
    chat = {"id": person, "type": "private"}
    message = {"message_id": 1, "date": 1_800_000_000, "chat": chat, "from": {"id": person, "is_bot": False}}
    return json.dumps({"update_id": number, "message": message}).encode()


def mutated(number: int, draw: Random) -> bytes:
    """An update of any kind; at up to three places something goes, gets another value, or other text."""
    kind, content = any_update(draw)
    update = {"update_id": number, kind: marked(content)}
    texts: list[bytes] = []
    for _ in range(draw.randrange(4)):
        container, name = draw.choice(list(places_of(update)) or [({"": 0}, "")])
        change = draw.choice(("drop", "odd", "raw"))
        if change == "drop":
            del container[name]
        elif change == "odd":
            container[name] = deepcopy(draw.choice(ODD))
        else:
            container[name] = f"@{len(texts)}@"
            texts.append(draw.choice(RAW))
    body = json.dumps(update).encode()
    for place, text in enumerate(texts):
        body = body.replace(b'"@%d@"' % place, text)
    return body


def marked(value: Any) -> Any:
    """Texts that decide nothing get the word; a type, state or currency stays."""
    if isinstance(value, dict):
        return {
            name: inner if name in ("type", "status", "state", "currency") else marked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return list(map(marked, value))
    return WORD + value if isinstance(value, str) else value


def places_of(value: Any) -> Iterator[tuple[Any, Any]]:
    for name, one in list(value.items()) if isinstance(value, dict) else list(enumerate(value)):
        yield value, name
        if isinstance(one, dict | list):
            yield from places_of(one)


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(draw=st.randoms(use_true_random=True))
async def test_behind_any_update_the_next_of_a_poll_takes_effect(
    desk: Desk, capfd: pytest.CaptureFixture[str], draw: Random
) -> None:
    bad, number = mutated(desk.next_number(), draw), desk.next_number()
    desk.answer = b'{"ok":true,"result":[%s,\n%s]}' % (bad, good(number))
    assert isinstance(await desk.feed.run_once(), Polled)
    assert desk.feed._offset == number + 1
    assert await desk.is_armed(GOOD_PERSON + number)
    assert WORD not in "".join(capfd.readouterr())


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(draw=st.randoms(use_true_random=True))
async def test_behind_any_update_the_next_by_webhook_takes_effect(
    desk: Desk, capfd: pytest.CaptureFixture[str], draw: Random
) -> None:
    """By webhook an update is a body of its own, which may also be broken at any place."""
    bad, number = mutated(desk.next_number(), draw), desk.next_number()
    place, junk = draw.randrange(len(bad) + 1), draw.randbytes(draw.randrange(4))
    assert await desk.deliver(bad[:place] + junk + bad[place:]) in (HTTPStatus.OK, HTTPStatus.BAD_REQUEST)
    assert await desk.deliver(good(number)) == HTTPStatus.OK
    assert await desk.is_armed(GOOD_PERSON + number)
    assert WORD not in "".join(capfd.readouterr())
