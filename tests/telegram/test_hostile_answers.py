"""Whatever answers in place of Telegram learns no token by a redirect, and fills no memory with an endless answer."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import aiohttp
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import GetMe

from bot.framework.model_session import ModelSession
from engine.administration.bot_tokens import who_is
from engine.core.bot_identity import Speaker
from engine.core.content.model import Text
from engine.core.delivery.outcome import Outcome, Unknown
from engine.core.errors import MediaError, UnreachableError
from engine.media.library import Library
from engine.settings import Secret
from engine.telegram.answer_body import MOST, MOST_UPDATES
from engine.telegram.client import BotApi
from engine.telegram.download import receive
from engine.telegram.refused_call import Refused
from engine.telegram.sender import Prepared, Sender
from engine.telegram.session import Call, Session, Unreadable
from tests.telegram.conftest import PLAIN, no_uploads

TOKEN: Final = "123456:a-token-that-nobody-may-see-anywhere"  # noqa: S105 - made up
MB: Final = 1024 * 1024
ENDLESS: Final = 64 * MB
"""As much as the server would give to whoever takes it."""
IN_TRANSIT: Final = 16 * MB
"""What the system keeps for both sides, at most."""
OK: Final = b'{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"x","username":"x","message_id":1}}'
BOMB: Final = gzip.compress(OK + b" " * 2 * MOST_UPDATES)
"""Inflates to more than any answer may have."""
PLACE: Final = b'{"ok":true,"result":{"file_path":"documents/a.bin","file_size":5}}'


class Impostor:
    """Answers each request with a head and an endless body, or the body given. Counts requests and bytes."""

    def __init__(self, head: str, body: bytes | None, first: bytes | None) -> None:
        self._head, self._body, self._first = head, body, first
        self.requests: list[bytes] = []
        self.given = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        with suppress(ConnectionError):
            await self._answer(writer)
            writer.close()
            await writer.wait_closed()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self._first is not None and len(self.requests) == 1:
            writer.write(f"HTTP/1.1 200 X\r\nContent-Length: {len(self._first)}\r\n\r\n".encode() + self._first)
            await writer.drain()
            return
        writer.write(f"HTTP/1.1 {self._head}\r\nConnection: close\r\n\r\n".encode())
        if self._body is not None:
            writer.write(self._body)
        while self._body is None and self.given < ENDLESS:
            writer.write(b" " * MB)
            await writer.drain()
            self.given += MB
        await writer.drain()


@asynccontextmanager
async def listening(
    head: str, body: bytes | None = None, first: bytes | None = None
) -> AsyncIterator[tuple[Impostor, str]]:
    impostor = Impostor(head, body, first)
    server = await asyncio.start_server(impostor.serve, "127.0.0.1", 0)
    async with server:
        yield impostor, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def plain_call(url: str, _: Library) -> object:
    async with aiohttp.ClientSession() as session:
        return await BotApi(session, url, TOKEN).ask("getMe")


async def updates(url: str, _: Library) -> object:
    async with aiohttp.ClientSession() as session:
        return await BotApi(session, url, TOKEN).post("getUpdates", {})


async def registration(url: str, _: Library) -> object:
    with pytest.raises(UnreachableError, match="The Bot API does not answer"):
        await who_is(url, Secret(TOKEN))
    return None


async def message(url: str, _: Library) -> Outcome:
    sender = Sender(url, no_uploads())
    try:
        return await sender.send(Speaker(1, "shop_bot", TOKEN), 7, Prepared(Text("hello")), PLAIN, 1)
    finally:
        await sender.close()


async def managers_call(url: str, _: Library) -> object:
    async with Bot(TOKEN, session=ModelSession(url)) as bot:
        with pytest.raises(TelegramNetworkError) as refused:
            await bot(GetMe())
    assert TOKEN not in str(refused.value)
    return None


async def file(url: str, library: Library) -> object:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(MediaError):
            await receive(library, BotApi(session, url, TOKEN), "file", "document", "a.bin", 1)
    return None


Ask = Callable[[str, Library], Awaitable[object]]
CALLS: Final[tuple[Ask, ...]] = (plain_call, updates, registration, message, managers_call, file)


def is_refusal(answer: object) -> bool:
    return answer is None or isinstance(answer, Unknown | Refused)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """Refuses before it needs a database."""
    return Library(None, tmp_path)  # type: ignore[arg-type]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_nobody_else_is_asked(status: int, call: Ask, library: Library) -> None:
    """Neither does an answer count that comes with the redirect."""
    async with listening("200 OK", OK) as (thief, elsewhere):
        head = f"{status} X\r\nLocation: {elsewhere}/bot{TOKEN}/x\r\nContent-Length: {len(OK)}"
        async with listening(head, OK) as (_, url):
            assert is_refusal(await call(url, library))
    assert thief.requests == []


async def test_no_redirect_of_a_file_is_followed(library: Library) -> None:
    async with listening("200 OK", b"stolen") as (thief, elsewhere):
        head = f"302 X\r\nLocation: {elsewhere}/file/bot{TOKEN}/x"
        async with listening(head, b"", first=PLACE) as (_, url):
            await file(url, library)
    assert thief.requests == []


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_an_answer_without_an_end_is_read_up_to_the_limit(call: Ask, library: Library) -> None:
    async with listening("200 OK") as (impostor, url):
        assert is_refusal(await call(url, library))
    assert impostor.given <= (MOST_UPDATES if call is updates else MOST) + IN_TRANSIT


async def test_a_file_without_an_end_is_read_up_to_the_limit(library: Library) -> None:
    async with listening("200 OK", first=PLACE) as (impostor, url):
        await file(url, library)
    assert impostor.given <= 20 * MB + IN_TRANSIT


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_the_limit_counts_what_an_answer_inflates_to(coding: str, call: Ask, library: Library) -> None:
    bomb = BOMB if coding == "gzip" else BOMB[10:-8]
    async with listening(f"200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(bomb)}", bomb) as (_, url):
        assert is_refusal(await call(url, library))


async def test_an_inflated_answer_of_usual_size_is_read(library: Library) -> None:
    packed = gzip.compress(OK)
    async with listening(f"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}", packed) as (_, url):
        assert bytes(await plain_call(url, library)) in OK  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("429 X\r\nRetry-After: " + "9" * 5_000, b"slow down"),
        ("429 X\r\nRetry-After: \xb2", b"slow down"),
        ("200 OK", b'{"ok":false,"description":"\xff"}'),
        ("200 OK", b'{"ok":true,"result":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        ("200 OK", b'{"ok":false,"error_code":' + b"9" * 5_000 + b"}"),
    ],
    ids=["a wait without end", "a wait that is no number", "no UTF-8", "absurd nesting", "a number without end"],
)
async def test_an_answer_that_nobody_can_read_is_a_value(head: str, body: bytes) -> None:
    async with listening(head, body) as (_, url):
        session = Session(url, 5)
        try:
            answer = await session.ask(TOKEN, Call("getMe"))
        finally:
            await session.close()
    assert isinstance(answer, Unreadable)
    assert answer.retry_after_s is None
