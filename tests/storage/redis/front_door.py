"""One address behind which servers take turns, as a service address or a load balancer does, and which may cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_CHUNK = 64 * 1024


class FrontDoor:
    """Whoever has come in stays with the server that was behind the door then."""

    def __init__(self, url: str) -> None:
        self._behind = urlsplit(url)
        self._port = 0
        self._visits: set[asyncio.Task[None]] = set()
        self._cut_after: int | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._behind.password}@127.0.0.1:{self._port}/0"

    def lead_to(self, url: str) -> None:
        """From now on newcomers reach this server, which has the same password."""
        self._behind = urlsplit(url)

    def cut_after(self, count: int) -> None:
        """Let so many more bytes of answers through, and then break the connection off."""
        self._cut_after = count

    def welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.create_task(self._lead(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection("127.0.0.1", self._behind.port)
        await asyncio.gather(self._ask(reader, questions), self._answer(answers, writer), return_exceptions=True)
        questions.close()
        writer.close()

    async def _ask(self, reader: asyncio.StreamReader, questions: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            questions.write(chunk)
        questions.close()

    async def _answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await answers.read(_CHUNK):
            if self._cut_after is not None and len(chunk) > self._cut_after:
                writer.write(chunk[: self._cut_after])
                self._cut_after = None
                break
            if self._cut_after is not None:
                self._cut_after -= len(chunk)
            writer.write(chunk)
        writer.close()

    async def close(self) -> None:
        await asyncio.gather(*self._visits)


@asynccontextmanager
async def front_door(url: str) -> AsyncIterator[FrontDoor]:
    """The clients that came in through it are closed before the block ends."""
    door = FrontDoor(url)
    async with await asyncio.start_server(door.welcome, "127.0.0.1", 0) as server:
        door._port = server.sockets[0].getsockname()[1]
        yield door
    await door.close()
