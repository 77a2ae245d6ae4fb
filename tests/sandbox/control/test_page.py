"""The page as a browser meets it: its files, its streams, what the engine says, and who may not act."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.bot_api.methods import actions
from bench.sandbox.change_signal import ChangeSignal
from bench.sandbox.control import event_stream
from bench.sandbox.control.engine_watch import EngineObserver
from bench.sandbox.control.watched_chats import Watch, WatchedChats
from bench.sandbox.protocol import Act, CastBot, EngineView, Snapshot
from bench.sandbox.world.retention import DEFAULT_BOUNDS
from engine.administration import registration
from engine.core.delivery.chat_status import Phase, Standing
from engine.core.delivery.gate import Reason
from engine.settings import Secret, Settings, load_settings
from tests.sandbox.caller import Caller

PAGE = Path(event_stream.__file__).parents[1] / "page"
KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
STANDING = {
    **dict.fromkeys(("now_ms", "bot_id", "chat_id"), 1),
    **dict.fromkeys(("bot", "bot_status", "campaign_state"), "x"),
    **dict.fromkeys(("last_seen_ms", "next_due_ms", "next", "lease_until_ms", "campaign_version", "threshold_ms")),
    **dict.fromkeys(("zone", "watermark_ms")),
    **dict.fromkeys(("against", "episodes", "sequence"), ()),
    "phase": "sending",
    "emergency_stop": False,
}
SCRIPT = "</script><script>alert('x')</script>\n\n<img src=x onerror=alert(1)> & data: {}"


def settings_of(redis_url: str, database_url: str, api_url: str = "http://127.0.0.1:9") -> Settings:
    given = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY, "TELEGRAM_API_URL": api_url}
    return load_settings(given, Path("no.env"))


class Stream:
    """Server-Sent Events, one JSON document a line."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        self._answer = answer

    async def snapshot(self) -> Snapshot:
        return msgspec.json.decode(await self._event(), type=Snapshot)

    async def cast(self) -> list[CastBot]:
        return msgspec.json.decode(await self._event(), type=list[CastBot])

    async def has_ended(self) -> bool:
        while line := await self._answer.content.readline():
            assert line == b"\n" or line.startswith(b"data: ")
        return True

    async def _event(self) -> bytes:
        line, end = await self._answer.content.readline(), await self._answer.content.readline()
        assert line.startswith(b"data: ")
        assert end == b"\n"
        return line.removeprefix(b"data: ")


@asynccontextmanager
async def streaming(sandbox: Sandbox, path: str) -> AsyncIterator[Stream]:
    async with aiohttp.ClientSession() as session, session.get(f"{sandbox.control_url}/{path}") as answer:
        yield Stream(answer)


async def until_engine_says(stream: Stream, state: str) -> Snapshot:
    async with asyncio.timeout(20):
        while (seen := await stream.snapshot()).engine.state != state:
            pass
    return seen


# Files


async def test_the_page_is_whole_and_loads_nothing_from_elsewhere(
    sandbox: Sandbox, session: aiohttp.ClientSession
) -> None:
    async with session.get(f"{sandbox.control_url}/") as answer:
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        html = await answer.text()
    modules = [name for path in PAGE.glob("*.js") for name in re.findall(r'from "\./([^"]+)"', path.read_text("utf-8"))]
    for name in {*re.findall(r'(?:src|href)="(?!data:)([^"]+)"', html), *modules}:
        async with session.get(f"{sandbox.control_url}/{name}") as answer:
            assert answer.status == 200, name
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_markup_is_made_of_strings() -> None:
    for path in PAGE.glob("*.js"):
        assert not re.search(r"(inner|outer)HTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text("utf-8"))


def test_both_languages_say_the_same_things() -> None:
    english, portuguese = (
        dict(re.findall(r'^  (\w+):\s*"(.*)",$', (PAGE / f"texts-{name}.js").read_text("utf-8"), re.MULTILINE))
        for name in ("en", "pt")
    )
    assert english.keys() == portuguese.keys()
    for key, text in english.items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", portuguese[key])), key
    assert {f"phase_{phase}" for phase in Phase} <= english.keys()
    for reason in Reason:
        assert {f"reason_{reason}", f"against_{reason}"} & english.keys()


# Streams


async def test_a_watched_chat_sends_a_snapshot_after_each_act(
    sandbox: Sandbox, client: SandboxClient, person: int
) -> None:
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        first = await stream.snapshot()
        assert [message.text for message in first.transcript.messages] == ["/start"]
        assert (first.person.id, first.bot_id, first.engine.state) == (person, sandbox.bots[0].id, "not_connected")
        await client.write("shop_bot", person, "Oi!")
        second = await stream.snapshot()
        assert [message.text for message in second.transcript.messages] == ["/start", "Oi!"]
        await client.block("shop_bot", person)
        assert (await stream.snapshot()).transcript.relation == "blocked"


async def test_a_message_arrives_with_its_entities_and_buttons(sandbox: Sandbox, bot: Caller, person: int) -> None:
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        await stream.snapshot()
        keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
        await bot("sendMessage", chat_id=person, text="<b>Hi</b> there", parse_mode="HTML", reply_markup=keyboard)
        said = (await stream.snapshot()).transcript.messages[-1]
    assert (said.text, said.from_bot, said.reply_markup) == ("Hi there", True, keyboard)
    assert said.entities == [{"type": "bold", "offset": 0, "length": 2}]


async def test_a_tap_is_shown_as_waiting_until_the_bot_answers_it(
    sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int
) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await bot("sendMessage", chat_id=person, text="Sure?", reply_markup=keyboard)
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        await stream.snapshot()
        await client.tap("shop_bot", person)
        (waiting,) = (await stream.snapshot()).transcript.taps
        assert (waiting.message_id, waiting.data, waiting.answered_ms) == (2, "y", None)
        await bot("answerCallbackQuery", callback_query_id=waiting.id, text="Done", show_alert=True)
        (answered,) = (await stream.snapshot()).transcript.taps
    assert (answered.id, answered.text, answered.alert, answered.answered_ms is None) == (
        waiting.id,
        "Done",
        True,
        False,
    )


async def test_the_bots_activity_is_shown_and_expires(
    sandbox: Sandbox, bot: Caller, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "_SHOWN_MS", 400)
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        assert (await stream.snapshot()).transcript.chat_action is None
        await bot("sendChatAction", chat_id=person, action="upload_photo")
        assert (await stream.snapshot()).transcript.chat_action == "upload_photo"
        assert (await stream.snapshot()).transcript.chat_action is None


async def test_a_person_sees_the_narrowest_list_of_commands_first_in_their_language(
    sandbox: Sandbox, bot: Caller, person: int
) -> None:
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        assert (await stream.snapshot()).commands == []
        for name, place in (
            ("any", {}),
            ("fala", {"language_code": "pt"}),
            ("parle", {"scope": {"type": "all_private_chats"}, "language_code": "fr"}),
            ("private", {"scope": {"type": "all_private_chats"}}),
            ("here", {"scope": {"type": "chat", "chat_id": person}}),
        ):
            await bot("setMyCommands", commands=[{"command": name, "description": "It"}], **place)
            if name != "parle":
                assert [one.command for one in (await stream.snapshot()).commands] == [name]


async def test_thinned_messages_are_counted_as_earlier_ones() -> None:
    async with (
        Sandbox(bots=1, bounds=DEFAULT_BOUNDS._replace(messages=2)) as sandbox,
        SandboxClient(sandbox.control_url) as client,
    ):
        (person,) = await client.add_people(1)
        for text in ("a", "b", "c"):
            await client.write("shop_bot", person.id, text)
        async with streaming(sandbox, f"live/shop_bot/{person.id}") as stream:
            seen = await stream.snapshot()
        async with streaming(sandbox, "live") as stream:
            (listed,) = (await stream.cast())[0].people
    assert ([message.text for message in seen.transcript.messages], seen.earlier) == (["b", "c"], 1)
    assert listed.messages == 3


async def test_the_cast_tells_what_kind_of_message_was_the_last(
    sandbox: Sandbox, client: SandboxClient, bot: Caller, person: int
) -> None:
    async with streaming(sandbox, "live") as stream:
        assert (await stream.cast())[0].people[0].last_kind is None
        await client.pay("shop_bot", person, amount=50)
        assert (await stream.cast())[0].people[0].last_kind == "payment"
        said = (await bot("sendMessage", chat_id=person, text="Thanks")).result
        assert (await stream.cast())[0].people[0].last_text == "Thanks"
        await bot("deleteMessage", chat_id=person, message_id=said["message_id"])
        gone = (await stream.cast())[0].people[0]
    assert (gone.last_kind, gone.last_text, gone.last_from_bot) == ("deleted", None, True)


async def test_only_the_latest_taps_are_remembered(bot: Caller, client: SandboxClient, person: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}
    await bot("sendMessage", chat_id=person, text="Sure?", reply_markup=keyboard)
    await client.act([Act("tap", "shop_bot", person, data=str(place)) for place in range(20)])
    taps = (await client.transcript("shop_bot", person)).taps
    assert [one.data for one in taps] == [str(place) for place in range(12, 20)]


async def test_script_like_text_is_delivered_as_data(sandbox: Sandbox, client: SandboxClient, person: int) -> None:
    await client.write("shop_bot", person, SCRIPT)
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        assert (await stream.snapshot()).transcript.messages[-1].text == SCRIPT


async def test_a_long_chat_shows_its_latest_messages(
    sandbox: Sandbox, client: SandboxClient, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "_LISTED_MESSAGES", 2)
    for text in ("a", "b", "c"):
        await client.write("shop_bot", person, text)
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        seen = await stream.snapshot()
    assert ([message.text for message in seen.transcript.messages], seen.earlier) == (["b", "c"], 2)


async def test_a_stream_ends_with_the_sandbox(caplog: pytest.LogCaptureFixture) -> None:
    async with Sandbox(bots=1) as sandbox, streaming(sandbox, "live") as stream:
        await stream.cast()
        await sandbox.__aexit__(None, None, None)
        assert await stream.has_ended()
    assert not caplog.records


async def test_the_cast_lists_who_met_which_bot_and_no_token(
    sandbox: Sandbox, client: SandboxClient, session: aiohttp.ClientSession, person: int
) -> None:
    async with streaming(sandbox, "live") as stream:
        await stream.cast()
        await client.write("shop_bot", person, "Oi!")
        shop, course = await stream.cast()
    (listed,) = shop.people
    assert (shop.username, shop.name, course.people) == ("shop_bot", "Shop", [])
    assert (listed.id, listed.relation, listed.messages, listed.last_text) == (person, "started", 2, "Oi!")
    async with session.get(f"{sandbox.control_url}/cast") as answer:
        raw = await answer.text()
    assert not any(bot.token.partition(":")[2] in raw for bot in sandbox.bots)


async def test_watching_a_person_first_makes_them_meet_the_bot(sandbox: Sandbox, client: SandboxClient) -> None:
    (person,) = await client.add_people(1)
    async with streaming(sandbox, f"live/course_bot/{person.id}") as stream:
        assert (await stream.snapshot()).transcript.relation == "never"
    async with streaming(sandbox, "live") as stream:
        assert [one.id for one in (await stream.cast())[1].people] == [person.id]


async def test_a_reset_ends_the_stream_of_a_person_who_is_forgotten(
    sandbox: Sandbox, client: SandboxClient, session: aiohttp.ClientSession, person: int
) -> None:
    async with streaming(sandbox, f"live/shop_bot/{person}") as stream:
        await stream.snapshot()
        await client.reset()
        assert await stream.has_ended()
    async with session.get(f"{sandbox.control_url}/live/shop_bot/{person}") as answer:
        assert answer.status == 404


# What the engine knows


async def test_a_chat_comes_with_what_the_engine_knows_of_it(redis_url: str, database_url: str) -> None:
    observer = EngineObserver(Secret(redis_url), Secret(database_url))
    async with Sandbox(bots=2, observer=observer) as sandbox, SandboxClient(sandbox.control_url) as client:
        registered = settings_of(redis_url, database_url, sandbox.api_url)
        await registration.add(registered, Secret(sandbox.bots[0].token))
        (person,) = await client.add_people(1)
        async with streaming(sandbox, f"live/shop_bot/{person.id}") as stream:
            seen = (await until_engine_says(stream, "connected")).engine
            standing = msgspec.convert(seen.standing, Standing)
            assert (standing.phase, standing.chat_id) == (Phase.NOTHING_ARMED, person.id)
            assert [one.reason for one in standing.against] == [Reason.REDIS_LOST, Reason.CAMPAIGN_INACTIVE]
        async with streaming(sandbox, f"live/course_bot/{person.id}") as stream:
            assert "no bot" in (await until_engine_says(stream, "unknown_bot")).engine.detail


async def test_an_unreachable_engine_does_not_hide_the_chat() -> None:
    observer = EngineObserver(Secret("redis://127.0.0.1:1/0"), Secret("postgresql://nobody:hidden@127.0.0.1:1/none"))
    async with Sandbox(bots=1, observer=observer) as sandbox, SandboxClient(sandbox.control_url) as client:
        (person,) = await client.add_people(1)
        await client.start("shop_bot", person.id)
        async with streaming(sandbox, f"live/shop_bot/{person.id}") as stream:
            seen = await until_engine_says(stream, "unreachable")
    assert [message.text for message in seen.transcript.messages] == ["/start"]
    assert "PostgreSQL does not answer" in seen.engine.detail
    assert "hidden" not in seen.engine.detail


async def test_the_engine_is_asked_by_one_task_per_watched_chat() -> None:
    observer = EngineObserver(Secret("redis://127.0.0.1:1/0"), Secret("postgresql://n:n@127.0.0.1:1/none"))
    watched = WatchedChats(observer, ChangeSignal())
    with watched.watching(7, 1) as first, watched.watching(7, 1) as second, watched.watching(7, 2) as other:
        assert first is second
        assert first is not other
    for watch in (first, other):
        assert watch.asking is not None
        await asyncio.wait([watch.asking])
        assert watch.asking.cancelled()
    await watched.close()


def test_a_later_time_alone_does_not_change_the_view() -> None:
    seen = EngineView("connected", STANDING)
    later = EngineView("connected", {**STANDING, "now_ms": 9})
    other = EngineView("connected", {**STANDING, "last_seen_ms": 9})
    watch = Watch(EngineView("asked"))
    assert [watch.see(view) for view in (seen, later, other)] == [True, False, True]
    assert (watch.changes, watch.view) == (2, other)


# Who may act


async def post(sandbox: Sandbox, path: str, body: bytes, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.control_url}/{path}", data=body, headers=headers) as answer,
    ):
        await answer.read()
        return answer.status


async def test_a_foreign_page_may_not_act(sandbox: Sandbox, client: SandboxClient, person: int) -> None:
    act = msgspec.json.encode([{"deed": "write", "bot": "shop_bot", "person": person, "text": "x"}])
    port = sandbox.control_url.rpartition(":")[2]
    for origin in (
        "https://evil.example",
        "null",
        f"http://evil.example:{port}",
        "http://127.0.0.1:1",
        sandbox.api_url,
    ):
        assert await post(sandbox, "acts", act, Origin=origin) == 403
    assert await post(sandbox, "reset", b"", Origin="https://evil.example") == 403
    assert len((await client.transcript("shop_bot", person)).messages) == 1
    assert await post(sandbox, "acts", act, Origin=sandbox.control_url) == 200
    assert len((await client.transcript("shop_bot", person)).messages) == 2


async def test_a_name_that_only_resolves_to_loopback_is_refused(sandbox: Sandbox) -> None:
    port = sandbox.control_url.rpartition(":")[2]
    for host in (f"evil.example:{port}", "evil.example", f"127.0.0.1.evil.example:{port}", "["):
        assert await post(sandbox, "people", b'{"count":1}', Host=host) in (400, 403), host
    for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert await post(sandbox, "people", b'{"count":1}', Host=host) == 200, host


async def test_a_browser_may_send_only_short_texts(sandbox: Sandbox, person: int) -> None:
    def writing(text: str) -> bytes:
        return msgspec.json.encode([{"deed": "write", "bot": "shop_bot", "person": person, "text": text}])

    assert await post(sandbox, "acts", writing("x" * 4096), Origin=sandbox.control_url) == 200
    assert await post(sandbox, "acts", writing("x" * 4097), Origin=sandbox.control_url) == 400
    assert await post(sandbox, "acts", b" " * 70_000, Origin=sandbox.control_url) == 413
