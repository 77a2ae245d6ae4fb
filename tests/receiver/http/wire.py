"""The receiver's HTTP server with one bot and nothing behind it, and callers who write every byte themselves."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from bench.sandbox import ports
from engine.receiver.events import Event
from engine.receiver.http.server import HttpServer, WebhookIntake
from engine.receiver.webhook_feed import PATH

BOT = 7
SECRET = "right-secret"  # noqa: S105 - of a bot that does not exist
WRONG = "wrong"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = b'{"update_id": 1}'
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"POST / HTTP/1.1\r\nHost: x\r\n"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> str:
        """The one sentence of a refusal; fails on any other shape."""
        assert self.headers["content-type"] == "application/json"
        request_id = self.headers.get("x-request-id")
        said = json.loads(self.body)
        sentence = str(said.pop("error"))
        assert said == ({"request_id": request_id} if request_id else {})
        return sentence


class Caller:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(self) -> Answer:
        head = str(await self.reader.readuntil(b"\r\n\r\n"), "latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split()[1]), headers, body)

    async def is_closed(self) -> bool:
        """Waits for the end; nothing may come before it."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True


class Wire:
    def __init__(self, port: int) -> None:
        self.port = port
        self.taken: list[int] = []
        self.fault: Exception | None = None
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._callers: list[Caller] = []

    async def call(self, raw: bytes = b"") -> Caller:
        caller = Caller(*await asyncio.open_connection("127.0.0.1", self.port))
        self._callers.append(caller)
        if raw:
            await caller.send(raw)
        return caller

    async def ask(self, raw: bytes) -> Answer:
        return await (await self.call(raw)).answer()

    async def take(self, _: int, number: int, _event: Event | None) -> None:
        await self.go_on.wait()
        if self.fault:
            raise self.fault
        self.taken.append(number)

    def hang_up(self) -> None:
        for caller in self._callers:
            caller.writer.close()


def request(
    line: str = f"POST {PATH}/{BOT}", body: bytes = UPDATE, secret: str = SECRET, length: int | None = None, **more: str
) -> bytes:
    """A POST with the right secret, unless it is told otherwise; `more` are headers, with _ for -."""
    size = {"Transfer_Encoding": None, "Content_Length": str(len(body) if length is None else length)}
    headers: dict[str, Any] = {"Host": "x", HEADER: secret, **size, **more}
    if headers["Transfer_Encoding"]:
        del headers["Content_Length"]
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value is not None]
    return "\r\n".join([f"{line} HTTP/1.1", *lines, "\r\n"]).encode("latin-1") + body


@asynccontextmanager
async def opened() -> AsyncIterator[Wire]:
    with ports.listen(0) as free:
        wire = Wire(free.getsockname()[1])
    intake = WebhookIntake(
        lambda bot: [SECRET] if bot == BOT else None, wire.take, lambda: True, lambda: True, lambda _: None
    )
    async with HttpServer(intake, "127.0.0.1", wire.port).listening():
        try:
            yield wire
        finally:
            wire.hang_up()
