"""Opting out, as its person sees it: answered once, in their language; it stands whatever becomes of that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import BotInfo, Fault, FaultKind, TranscriptMessage
from engine.chats.activity import Activity
from engine.chats.endings import Endings
from engine.receiver import opt_out_replies
from engine.receiver.events import SignOfLife, Wish
from engine.receiver.opt_out_replies import OptOutReplies, Reply
from engine.receiver.reply_texts import texts_for
from engine.receiver.update_handler import UpdateHandler
from engine.receiver.update_kinds import UNDO
from engine.telegram.client import BotApi
from storage.postgres.pool import Pool, open_pool
from storage.postgres.receiver_bots import Watched
from storage.redis.client import open_redis
from storage.redis.timers import Timers

EN, PT = texts_for("en"), texts_for("pt-br")


class Desk:
    def __init__(self, people: SandboxClient, bot: BotInfo, pool: Pool, effects: UpdateHandler) -> None:
        self.people, self.bot, self.pool, self.effects = people, bot, pool, effects

    async def someone(self) -> int:
        (person,) = await self.people.add_people(1)
        await self.people.start(self.bot.username, person.id)
        return person.id

    async def wish(self, person: int, wish: Wish, language: str | None = "en") -> None:
        await self.effects.take(self.bot.id, SignOfLife(person, 0, "Ana", None, language, wish=wish))

    async def said(self, person: int, count: int = 1) -> list[TranscriptMessage]:
        """Wait until the bot has said so much."""
        said: list[TranscriptMessage] = []
        async with asyncio.timeout(20):
            while len(said) < count:
                transcript = await self.people.transcript(self.bot.username, person)
                said = [message for message in transcript.messages if message.from_bot]
                await asyncio.sleep(0.01)
        return said

    async def opted_out(self, person: int) -> bool:
        return bool(await self.pool.fetchval("SELECT opted_out_at FROM chats WHERE chat_id = $1", person))

    async def calls(self, method: str, count: int) -> None:
        """Wait for this many calls of a method."""
        async with asyncio.timeout(20):
            while await self._called(method) < count:  # noqa: ASYNC110 - the sandbox is the signal
                await asyncio.sleep(0.01)

    async def _called(self, method: str) -> int:
        return [row.method for row in (await self.people.record()).rows].count(method)


@pytest.fixture
async def desk(redis_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(opt_out_replies, "LINES_PER_S", 100)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(bots=1))
        people = await stack.enter_async_context(SandboxClient(sandbox.control_url))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client, pool = open_redis(redis_url), await open_pool(database_url)
        stack.push_async_callback(client.aclose)
        stack.push_async_callback(pool.close)
        bot, timers = sandbox.bots[0], Timers(client)
        activity = Activity(pool, timers, lambda number: Watched(number, "shop_bot", b"", 60_000))
        answering = OptOutReplies(lambda _: BotApi(session, sandbox.api_url, bot.token))
        stack.callback(answering.end)
        endings = Endings(pool, client, timers, activity.name)
        yield Desk(people, bot, pool, UpdateHandler(client, activity, endings, answering))


def command(key: str = "1/1") -> Wish:
    return Wish(undo=False, key=key)


@pytest.mark.parametrize(("language", "lines"), [("en", EN), ("pt", PT), ("pt-br", PT), ("de", EN), (None, EN)])
async def test_who_opts_out_is_told_in_their_language_and_can_take_it_back(
    desk: Desk, language: str | None, lines: Any
) -> None:
    person = await desk.someone()
    await desk.wish(person, command(), language)
    assert await desk.opted_out(person)
    (line,) = await desk.said(person)
    assert line.text == lines.stopped
    assert lines.undo in str(line.reply_markup)
    assert UNDO in str(line.reply_markup)


async def test_taking_it_back_changes_the_line_in_place_and_is_a_touch(desk: Desk) -> None:
    person = await desk.someone()
    await desk.wish(person, command())
    (line,) = await desk.said(person)
    await desk.wish(person, Wish(undo=True, key="q", message_id=line.message_id))
    assert not await desk.opted_out(person)
    assert await desk.effects.endings.timers.versions(desk.bot.id, [person]) != [None]
    await desk.calls("editMessageText", 1)
    (line,) = await desk.said(person)
    assert (line.text, line.reply_markup) == (EN.undone, None)


async def test_where_nothing_can_be_changed_it_is_said_anew(desk: Desk) -> None:
    person = await desk.someone()
    await desk.wish(person, Wish(undo=True, key="q", message_id=10_000))
    (line,) = await desk.said(person)
    assert line.text == EN.undone


async def test_a_wish_that_is_brought_again_changes_and_says_nothing(desk: Desk) -> None:
    person = await desk.someone()
    await desk.wish(person, command())
    (line,) = await desk.said(person)
    await desk.wish(person, Wish(undo=True, key="q", message_id=line.message_id))
    await desk.wish(person, command())
    assert not await desk.opted_out(person)
    await desk.wish(person, command("1/2"))
    assert [line.text for line in await desk.said(person, 2)] == [EN.undone, EN.stopped]


async def test_a_reply_that_fails_breaks_nothing(desk: Desk) -> None:
    person = await desk.someone()
    await desk.people.set_fault(Fault(FaultKind.BLOCKED, method="sendMessage", count=1))
    await desk.wish(person, command())
    await desk.calls("sendMessage", 1)
    await desk.wish(person, command("1/2"))
    assert len(await desk.said(person)) == 1
    assert await desk.opted_out(person)


async def test_too_much_is_answered_with_a_rest(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    sleep = asyncio.sleep

    async def noted(delay: float) -> None:
        rests.append(delay)
        await sleep(0)

    person = await desk.someone()
    await desk.people.set_fault(Fault(FaultKind.TOO_MANY_REQUESTS, method="sendMessage", count=1))
    monkeypatch.setattr(asyncio, "sleep", noted)
    await desk.wish(person, command())
    async with asyncio.timeout(20):
        while opt_out_replies.REST_S not in rests:
            await sleep(0.01)


async def test_a_slow_bot_api_delays_no_acknowledgement(desk: Desk) -> None:
    person = await desk.someone()
    await desk.people.set_fault(Fault(FaultKind.HANG))
    await asyncio.wait_for(desk.wish(person, command()), 5)
    assert await desk.opted_out(person)


async def test_one_bots_burst_makes_no_other_bots_wishes_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_out_replies, "REMEMBERED", 3)
    replies = OptOutReplies(lambda _: None)
    replies.put(Reply(8, 1, "en", command("kept")))
    for number in range(5):
        replies.put(Reply(7, 1, "en", command(str(number))))
    assert [number for number in range(5) if replies.knows(7, command(str(number)))] == [2, 3, 4]
    assert replies.knows(8, command("kept"))
    assert not replies.knows(9, command("kept"))
    replies.end()
