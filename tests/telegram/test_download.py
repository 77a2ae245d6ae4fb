"""A file sent to the manager is stored in the library, or the error says what to do; it never shows a token."""

import hashlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from bench.sandbox import Sandbox, SandboxClient
from bench.sandbox.protocol import Fault, FaultKind
from engine.core.content.model import Asset, MediaKind
from engine.core.errors import MediaError
from engine.media.file_kinds import MB
from engine.media.library import Library
from engine.media.paths import path_of
from engine.telegram import download
from engine.telegram.client import BotApi
from engine.telegram.download import receive
from storage.postgres import media
from storage.postgres.pool import Pool
from tests.media import files

NOW_MS: Final = 1_700_000_000_000


class Manager:
    """The manager bot, and a person who wrote to it."""

    def __init__(self, api: BotApi, client: SandboxClient, person: int) -> None:
        self.api = api
        self.client = client
        self._person = person

    async def gets(self, kind: str, content: bytes) -> str:
        """A file id that this bot can use, like that of a file that a person sent."""
        form = aiohttp.FormData({"chat_id": str(self._person)})
        form.add_field(kind, io.BytesIO(content), filename="a.bin")
        url = f"{self.api.api_url}/bot{self.api.token}/send{kind}"
        async with self.api.session.post(url, data=form) as answer:
            file = (await answer.json())["result"][kind]
        file_id: str = (file[-1] if kind == "photo" else file)["file_id"]
        return file_id


@pytest.fixture
async def manager() -> AsyncIterator[Manager]:
    async with (
        Sandbox(bots=2) as sandbox,
        SandboxClient(sandbox.control_url) as client,
        aiohttp.ClientSession() as session,
    ):
        (person,) = await client.add_people(1)
        await client.start("shop_bot", person.id)
        yield Manager(BotApi(session, sandbox.api_url, sandbox.bots[0].token), client, person.id)


@pytest.mark.parametrize(("kind", "content"), [("photo", files.PNG), ("document", b"%PDF-1.4" * (5 * MB // 8))])
async def test_a_file_arrives_byte_for_byte(
    manager: Manager, library: Library, shelf: Path, kind: MediaKind, content: bytes
) -> None:
    stored = await receive(library, manager.api, await manager.gets(kind, content), kind, "", NOW_MS)
    assert stored.asset == Asset(kind, hashlib.sha256(content).hexdigest())
    assert path_of(shelf, stored.asset.sha256).read_bytes() == content


@pytest.mark.parametrize(("given", "kept"), [("mine.png", "mine.png"), ("", "file_0.jpg")])
async def test_a_file_keeps_the_name_that_it_came_with(
    manager: Manager, library: Library, pool: Pool, given: str, kept: str
) -> None:
    await receive(library, manager.api, await manager.gets("photo", files.PNG), "photo", given, NOW_MS)
    assert [shelved.name for shelved in await media.list_all(pool)] == [kept]


async def test_a_file_that_is_too_big_is_not_downloaded(manager: Manager, library: Library, pool: Pool) -> None:
    huge = await manager.gets("document", bytes(20 * MB + 1))
    await _refused(manager, library, pool, huge, "document", "bigger than 20 MB, .+: make it smaller")
    heavy = await manager.gets("document", files.PNG + bytes(10 * MB))
    await manager.client.set_fault(Fault(FaultKind.HANG, method="/file"))
    await _refused(manager, library, pool, heavy, "photo", "bigger than 10 MB, .+: make it smaller")


async def test_a_file_sent_as_another_kind_is_refused(manager: Manager, library: Library, pool: Pool) -> None:
    paper = await manager.gets("document", files.PDF)
    await _refused(manager, library, pool, paper, "photo", "send it as a document instead")


@pytest.mark.parametrize("file_id", ["", "none-of-hers", "é" * 3000])
async def test_a_file_that_telegram_no_longer_has_is_to_be_sent_again(
    manager: Manager, library: Library, pool: Pool, file_id: str
) -> None:
    await _refused(manager, library, pool, file_id, "photo", "no longer has this file: send it to the manager again")


@pytest.mark.parametrize("method", ["getFile", "/file"])
@pytest.mark.parametrize(
    "fault",
    [
        *(FaultKind.TOO_MANY_REQUESTS, FaultKind.INTERNAL_ERROR, FaultKind.BAD_GATEWAY, FaultKind.NO_DESCRIPTION),
        *(FaultKind.DROP_BEFORE_ACCEPT, FaultKind.ACCEPT_THEN_DROP, FaultKind.TRUNCATED),
    ],
)
async def test_a_file_that_does_not_come_whole_is_to_be_sent_again_later(
    manager: Manager, library: Library, pool: Pool, fault: FaultKind, method: str
) -> None:
    file_id = await manager.gets("photo", files.PNG)
    await manager.client.set_fault(Fault(fault, method=method))
    await _refused(manager, library, pool, file_id, "photo", "did not give the whole file: .+ again in a minute")


@pytest.mark.parametrize("patience", [aiohttp.ClientTimeout(sock_read=0.05), aiohttp.ClientTimeout(total=0.05)])
async def test_a_file_that_never_comes_is_given_up(
    manager: Manager,
    library: Library,
    pool: Pool,
    patience: aiohttp.ClientTimeout,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "PATIENCE", patience)
    file_id = await manager.gets("photo", files.PNG)
    await manager.client.set_fault(Fault(FaultKind.HANG, method="/file"))
    await _refused(manager, library, pool, file_id, "photo", "in a minute")


async def test_a_revoked_token_is_named(manager: Manager, library: Library, pool: Pool) -> None:
    file_id = await manager.gets("photo", files.PNG)
    await manager.client.revoke_token("shop_bot")
    await _refused(manager, library, pool, file_id, "photo", "refuses the manager's token: give it the one")


async def _refused(manager: Manager, library: Library, pool: Pool, file_id: str, kind: MediaKind, words: str) -> None:
    """Nothing is kept, and no cause of the error shows the token."""
    with pytest.raises(MediaError, match=words) as refused:
        await receive(library, manager.api, file_id, kind, "a.bin", NOW_MS)
    error: BaseException | None = refused.value
    while error is not None:
        assert manager.api.token not in repr(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert await media.list_all(pool) == []
