"""A sandbox, somebody who has started its bot, a library of media, and the sender."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.wire import TranscriptMessage
from engine.core.content import Asset, Content, Effects, MediaKind
from engine.core.outcome import Outcome
from engine.core.speaker import Speaker
from engine.media.place import path_of
from engine.media.uploads import Busy, Missing, Uploads
from engine.sender import Prepared, Sender
from storage import media
from storage.postgres import Pool, open_pool

BOT: Final = "shop_bot"
PLAIN: Final = Effects()


class Library:
    """Files as the manager has taken them in."""

    def __init__(self, pool: Pool, directory: Path) -> None:
        self.pool = pool
        self.directory = directory

    async def add(self, kind: MediaKind, content: bytes, name: str = "a.bin") -> Asset:
        asset = Asset(kind, hashlib.sha256(content).hexdigest())
        path = path_of(self.directory, asset.sha256)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        async with media.adding(self.pool) as connection:
            await media.add(connection, asset, len(content), "any/thing", name, 1)
        return asset

    async def file_ids(self) -> dict[str, str]:
        """What the bot's files are called at Telegram, by kind."""
        rows = await self.pool.fetch("SELECT kind, file_id FROM media_files")
        return {row["kind"]: row["file_id"] for row in rows}


class Stage:
    def __init__(self, sandbox: Sandbox, people: SandboxClient, person: int, library: Library) -> None:
        self.people = people
        self.person = person
        self.library = library
        self.api_url = sandbox.api_url
        self.speaker = Speaker(sandbox.bots[0].id, BOT, sandbox.bots[0].token)
        self.sender = self.another_sender()

    def another_sender(self, **settings: float) -> Sender:
        """A process of its own would have one."""
        return Sender(self.api_url, Uploads(self.library.pool, self.library.directory), **settings)

    async def send(self, content: Content, effects: Effects = PLAIN, attempts: int = 1) -> Outcome:
        prepared = await self.prepare(content)
        assert isinstance(prepared, Prepared)
        try:
            return await self.sender.send(self.speaker, self.person, prepared, effects, attempts)
        finally:
            self.sender.release(self.speaker, prepared)

    async def prepare(self, content: Content) -> Prepared | Busy | Missing:
        return await self.sender.prepare(self.speaker, content)

    async def told(self) -> list[TranscriptMessage]:
        """What the bot has said and not taken back."""
        transcript = await self.people.transcript(BOT, self.person)
        return [message for message in transcript.messages if message.from_bot and not message.deleted]

    async def methods(self) -> list[str]:
        """What was called, in order."""
        return [row.method for row in (await self.people.record()).rows]


@pytest.fixture
async def library(database_url: str, tmp_path: Path) -> AsyncIterator[Library]:
    pool = await open_pool(database_url)
    yield Library(pool, tmp_path)
    await pool.close()


@pytest.fixture
async def stage(library: Library) -> AsyncIterator[Stage]:
    async with Sandbox(bots=1) as sandbox, SandboxClient(sandbox.control_url) as people:
        (person,) = await people.add_people(1)
        await people.start(BOT, person.id)
        stage = Stage(sandbox, people, person.id, library)
        yield stage
        await stage.sender.close()
