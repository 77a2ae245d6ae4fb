"""A pooler before PostgreSQL, as hostile as PgBouncer may be: each transaction is in another session than the last.

It refuses what PgBouncer refuses as a connection begins, gives every connection a process id of its own, and translates
the names of prepared statements as PgBouncer has done since release 1.21.
"""

import asyncio
import itertools
import struct
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Any, Final, Self, TypeAlias
from urllib.parse import urlsplit

import asyncpg

_STARTS: Final = 196_608
_CANCELS: Final = 80_877_102
_ASKS_FOR_TLS: Final = 80_877_103
_KNOWN: Final = ("user", "database", "client_encoding", "application_name")
_READY: Final = b"Z"
_DESCRIBED: Final = b"TnE"
"""What ends the answers to a statement that is only prepared as yet: its columns, none, or an error."""
Message: TypeAlias = tuple[bytes, bytes]


class Mode(Enum):
    TRANSACTION = "transaction"
    OLD = "transaction, without the translation of names"
    STATEMENT = "statement"
    SESSION = "session"


async def _read(reader: asyncio.StreamReader) -> Message:
    kind, length = struct.unpack("!cI", await reader.readexactly(5))
    return kind, await reader.readexactly(length - 4)


def _packed(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _refusal(said: str) -> bytes:
    return _packed(b"E", b"SFATAL\0VFATAL\0C08P01\0M" + said.encode() + b"\0\0")


class _Session:
    """A session of the server: made by asyncpg, which knows how to log in, and spoken to past it."""

    def __init__(self, connection: Any) -> None:
        self.server_pid: int = connection.get_server_pid()
        self.prepared: set[bytes] = set()
        self._connection = connection
        self._reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(self._reader)
        connection._transport.set_protocol(protocol)
        self._writer = asyncio.StreamWriter(connection._transport, protocol, self._reader, asyncio.get_running_loop())

    async def ask(self, messages: Iterable[bytes], last: bytes = _READY) -> AsyncIterator[Message]:
        """Everything that is answered, up to one of the kinds in `last`."""
        self._writer.writelines(messages)
        kind = b" "
        while kind not in last:
            kind, body = await _read(self._reader)
            yield kind, body

    async def run(self, *messages: bytes) -> list[Message]:
        return [answer async for answer in self.ask(messages)]

    def close(self) -> None:
        self._connection._transport.set_protocol(self._connection._protocol)
        self._connection.terminate()


@dataclass
class _Client:
    writer: asyncio.StreamWriter
    statements: dict[bytes, bytes] = field(default_factory=dict)
    """What it has prepared, by its own names."""
    session: _Session | None = None


class Pooler:
    def __init__(self, database_url: str, mode: Mode = Mode.TRANSACTION, sessions: int = 3) -> None:
        self.lent = 0
        """How many times a session was lent."""
        self._direct_url = database_url
        self._mode = mode
        self._count = sessions
        self._names: dict[bytes, bytes] = {}
        self._sessions: list[_Session] = []
        self._forgetting = asyncio.Lock()
        self._free: asyncio.Queue[_Session] = asyncio.Queue()
        self._pids = itertools.count(4_000_001)
        self._clients: dict[int, _Client] = {}
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        parts = urlsplit(self._direct_url)
        port: int = self._server.sockets[0].getsockname()[1]
        return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{port}").geturl()

    async def __aenter__(self) -> Self:
        self._admin = await asyncpg.connect(self._direct_url)
        for _ in range(self._count):
            connection = await asyncpg.connect(self._direct_url, server_settings={"application_name": "recovery"})
            self._sessions.append(_Session(connection))
            self._free.put_nowait(self._sessions[-1])
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        for session in self._sessions:
            session.close()
        await self._admin.close()

    async def forget_everything(self) -> None:
        """As if every session were a new one: what was made in it is gone."""
        async with self._forgetting:
            for session in [await self._free.get() for _ in self._sessions]:
                await session.run(_packed(b"Q", b"DISCARD ALL\0"))
                session.prepared.clear()
                self._free.put_nowait(session)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._stay(reader, writer)))

    async def _stay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._greet(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            """The client is gone."""
        finally:
            writer.close()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length, code = struct.unpack("!II", await reader.readexactly(8))
        body = await reader.readexactly(length - 8)
        if code == _ASKS_FOR_TLS:
            writer.write(b"N")
            await self._greet(reader, writer)
        elif code == _CANCELS:
            await self._cancel(*struct.unpack("!II", body))
        else:
            assert code == _STARTS
            words = body.rstrip(b"\0").decode().split("\0")[::2]
            if unknown := [word for word in words if word not in _KNOWN]:
                writer.write(_refusal(f"unsupported startup parameter: {unknown[0]}"))
            else:
                await self._welcome(reader, writer)

    async def _cancel(self, pid: int, _secret: int) -> None:
        if pid in self._clients and (session := self._clients[pid].session):
            await self._admin.execute("SELECT pg_cancel_backend($1)", session.server_pid)

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pid = next(self._pids)
        client = self._clients[pid] = _Client(writer)
        version = self._admin.get_server_version()
        writer.write(_packed(b"R", struct.pack("!I", 0)))
        writer.write(_packed(b"S", f"server_version\0{version.major}.{version.minor}\0".encode()))
        writer.write(_packed(b"S", b"client_encoding\0UTF8\0"))
        writer.write(_packed(b"K", struct.pack("!II", pid, 1)) + _packed(b"Z", b"I"))
        try:
            await self._serve(reader, client)
        finally:
            del self._clients[pid]
            if client.session:
                await asyncio.shield(self._clean(client.session))

    async def _clean(self, session: _Session) -> None:
        await session.run(_packed(b"Q", b"ROLLBACK\0"))
        if self._mode is Mode.SESSION:
            await session.run(_packed(b"Q", b"DISCARD ALL\0"))
        self._free.put_nowait(session)

    async def _serve(self, reader: asyncio.StreamReader, client: _Client) -> None:
        asked: list[Message] = []
        while True:
            message = await _read(reader)
            if message[0] == b"X":
                return
            asked.append(message)
            if message[0] in b"QSH":
                await self._answer(client, asked)
                asked = []

    async def _answer(self, client: _Client, asked: list[Message]) -> None:
        if client.session is None:
            client.session = await self._free.get()
            self.lent += 1
        session = client.session
        async for kind, body in self._answers(client, session, asked):
            if self._mode is Mode.STATEMENT and (kind, body) == (b"Z", b"T"):
                client.writer.write(_refusal("transaction blocks not allowed in statement pooling mode"))
                raise ConnectionAbortedError
            client.writer.write(_packed(kind, body))
            if (kind, body) == (b"Z", b"I") and self._mode is not Mode.SESSION:
                client.session = None
                self._free.put_nowait(session)

    async def _answers(self, client: _Client, session: _Session, asked: list[Message]) -> AsyncIterator[Message]:
        """Names are translated; if the session cannot prepare a statement, that error is the answer."""
        last = _DESCRIBED if asked[-1][0] == b"H" else _READY
        passed: list[bytes] = []
        for kind, body in asked:
            if self._mode in (Mode.TRANSACTION, Mode.STATEMENT) and (named := _named(kind, body)):
                before, name, after = named
                if kind == b"P":
                    client.statements[name] = after
                elif kind == b"C":
                    del client.statements[name]
                    yield b"3", b""
                    continue
                text = client.statements[name]
                if refusal := await self._prepare(session, text):
                    for answer in refusal[: 1 if last == _DESCRIBED else 2]:
                        yield answer
                    return
                if kind == b"P":
                    yield b"1", b""
                    continue
                passed.append(_packed(kind, before + self._names[text] + b"\0" + after))
            else:
                passed.append(_packed(kind, body))
        async for answer in session.ask(passed, last):
            yield answer

    async def _prepare(self, session: _Session, text: bytes) -> list[Message]:
        name = self._names.setdefault(text, f"POOLER_{len(self._names) + 1}".encode())
        if name in session.prepared:
            return []
        answers = await session.run(_packed(b"P", name + b"\0" + text), _packed(b"S"))
        if answers[0][0] == b"E":
            return answers
        session.prepared.add(name)
        return []


def _named(kind: bytes, body: bytes) -> tuple[bytes, bytes, bytes] | None:
    """What stands before and after the name of a prepared statement, if the message has one."""
    before = b""
    if kind == b"B":
        portal, _, body = body.partition(b"\0")
        before = portal + b"\0"
    elif kind in (b"D", b"C"):
        if body[:1] != b"S":
            return None
        before, body = body[:1], body[1:]
    elif kind != b"P":
        return None
    name, _, after = body.partition(b"\0")
    return (before, name, after) if name else None


@asynccontextmanager
async def pooler(database_url: str, mode: Mode = Mode.TRANSACTION) -> AsyncIterator[Pooler]:
    async with Pooler(database_url, mode) as running:
        yield running
