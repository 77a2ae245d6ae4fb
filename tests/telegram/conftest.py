"""A sandbox, a person who has started its bot, and the sender; with a library of media, if a test needs files."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import TranscriptMessage
from engine.core.bot_identity import Speaker
from engine.core.content.model import Asset, Content, Effects, MediaKind
from engine.core.delivery.outcome import Outcome
from engine.media.paths import path_of
from engine.media.uploads import Busy, Missing, Uploads
from engine.telegram.sender import Prepared, Sender
from engine.telegram.session import TIMEOUT_S
from storage.postgres import media
from storage.postgres.pool import Pool, open_pool

BOT: Final = "shop_bot"
PLAIN: Final = Effects()


class Library:
    """Files as the manager stores them."""

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
        """The bot's file ids at Telegram, by kind."""
        rows = await self.pool.fetch("SELECT kind, file_id FROM media_files")
        return {row["kind"]: row["file_id"] for row in rows}


def no_uploads() -> Uploads:
    """For messages without files: PostgreSQL is never used."""
    return Uploads(asyncpg.create_pool("postgresql://127.0.0.1:1/nowhere"), None)


class Stage:
    def __init__(self, sandbox: Sandbox, people: SandboxClient, person: int, uploads: Uploads) -> None:
        self.people = people
        self.person = person
        self.api_url = sandbox.api_url
        self.speaker = Speaker(sandbox.bots[0].id, BOT, sandbox.bots[0].token)
        self.sender = Sender(sandbox.api_url, uploads)

    async def send(self, content: Content, effects: Effects = PLAIN, attempts: int = 1) -> Outcome:
        prepared = await self.prepare(content)
        assert isinstance(prepared, Prepared)
        try:
            return await self.sender.send(self.speaker, self.person, prepared, effects, attempts)
        finally:
            self.sender.release(self.speaker, prepared)

    async def prepare(self, content: Content) -> Prepared | Busy | Missing:
        return await self.sender.prepare(self.speaker, content)

    async def replace_sender(self, api_url: str, timeout_s: float = TIMEOUT_S) -> None:
        await self.sender.close()
        self.sender = Sender(api_url, no_uploads(), timeout_s)

    async def messages(self) -> list[TranscriptMessage]:
        """The messages that the bot has sent and not deleted."""
        transcript = await self.people.transcript(BOT, self.person)
        return [message for message in transcript.messages if message.from_bot and not message.deleted]


class Gallery(Stage):
    def __init__(self, sandbox: Sandbox, people: SandboxClient, person: int, library: Library) -> None:
        super().__init__(sandbox, people, person, Uploads(library.pool, library.directory))
        self.library = library


@asynccontextmanager
async def town() -> AsyncIterator[tuple[Sandbox, SandboxClient, int]]:
    async with Sandbox(bots=1) as sandbox, SandboxClient(sandbox.control_url) as people:
        (person,) = await people.add_people(1)
        await people.start(BOT, person.id)
        yield sandbox, people, person.id


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with town() as (sandbox, people, person):
        stage = Stage(sandbox, people, person, no_uploads())
        yield stage
        await stage.sender.close()


@pytest.fixture
async def gallery(database_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with await open_pool(database_url) as pool, town() as (sandbox, people, person):
        gallery = Gallery(sandbox, people, person, Library(pool, tmp_path))
        yield gallery
        await gallery.sender.close()
