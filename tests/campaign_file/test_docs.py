"""The examples of a campaign's file in the documents can be imported and published as they are."""

import re
from pathlib import Path
from typing import get_args

import pytest

from engine import campaign_file
from engine.administration import campaigns
from engine.campaign_file import NamedFiles
from engine.core.campaign.snapshot import Snapshot, variants
from engine.core.change import Change
from engine.core.content.model import After, Button, Content, MediaKind, buttons, kind
from engine.media.library import Library
from storage.postgres.pool import Pool, open_pool
from tests.media import files

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "banner.png": files.PNG,
    "tour.mp4": files.MP4,
    "wave.gif": files.GIF,
    "song.mp3": files.MP3,
    "hello.ogg": files.OPUS,
    "round.mp4": files.MP4,
    "terms.pdf": files.PDF,
    "smile.webp": files.WEBP,
}
MINUTE = 60_000
CHANGE = Change("ana", 1_000)


def example(document: str, directory: Path) -> Path:
    """The document's first YAML example, in a directory with the files that it names."""
    text = (ROOT / document).read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found
    for name, content in FILES.items():
        (directory / name).write_bytes(content)
    path = directory / "campaign.yaml"
    path.write_text(found[1], encoding="utf-8")
    return path


async def through_the_library(path: Path, pool: Pool) -> Snapshot:
    await pool.execute("INSERT INTO bots (id, username, token, created_at) VALUES (7, 'shop_bot', '', 0)")
    named = NamedFiles()
    snapshot = campaign_file.load(path, MINUTE, named.hash_of)
    await named.add(Library(pool, path.with_name("media")), CHANGE.at)
    await campaigns.import_draft(pool, "shop_bot", snapshot, MINUTE, CHANGE)
    await campaigns.publish(pool, "shop_bot", MINUTE, CHANGE)
    return snapshot


@pytest.mark.parametrize("document", ["docs/campaign-file.md", "README.md"])
async def test_an_example_is_imported_and_published_and_reads_back_the_same(
    document: str, database_url: str, tmp_path: Path
) -> None:
    async with await open_pool(database_url) as pool:
        snapshot = await through_the_library(example(document, tmp_path), pool)
    assert campaign_file.read(campaign_file.write(snapshot).encode(), "again", MINUTE) == snapshot


def test_the_full_example_has_every_kind_of_content_button_and_rule(tmp_path: Path) -> None:
    path = example("docs/campaign-file.md", tmp_path)
    blocks = [block for step in campaign_file.load(path, MINUTE, NamedFiles().hash_of).steps for block in step.blocks]
    said: list[Content] = [content for block in blocks for content in variants(block)]
    assert {kind(content) for content in said} == {"text", *get_args(MediaKind), "album", "poll"}
    shown = {type(button) for content in said for row in buttons(content) for button in row}
    assert shown == set(get_args(Button))
    rules = {type(rule) for block in blocks for rule in (block.effects.on_return, block.effects.on_payment)}
    assert rules == set(get_args(After))
