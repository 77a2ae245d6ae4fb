"""No link in MEDIA_DIR leads to a file elsewhere: none is sent, overwritten or removed; and nobody else reads it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.core.content.model import Asset
from engine.core.errors import MediaError
from engine.media.library import Library
from engine.media.paths import path_of
from engine.media.prune import DAY_MS, prune
from engine.media.uploads import Missing, Uploads
from storage.postgres.pool import Pool
from tests.media import files

NOW_MS = 1_700_000_000_000


async def content() -> AsyncIterator[bytes]:
    yield files.PDF


@pytest.fixture
async def kept(library: Library) -> Asset:
    return (await library.add(content(), "document", "a.pdf", NOW_MS)).asset


def lead_elsewhere(shelf: Path, asset: Asset, elsewhere: Path, *, folder: bool) -> Path:
    """Put a link in place of the file or its folder; returns the file to which it leads."""
    path = path_of(shelf, asset.sha256)
    elsewhere.mkdir()
    target = elsewhere / asset.sha256
    target.write_bytes(files.PDF)
    if folder:
        shutil.rmtree(path.parent)
        path.parent.symlink_to(elsewhere)
    else:
        path.unlink()
        path.symlink_to(target)
    return target


@pytest.mark.parametrize("folder", [True, False])
async def test_what_a_link_leads_to_is_not_sent(
    pool: Pool, shelf: Path, kept: Asset, tmp_path: Path, *, folder: bool
) -> None:
    lead_elsewhere(shelf, kept, tmp_path / "elsewhere", folder=folder)
    assert isinstance(await Uploads(pool, shelf).claim(7, [kept]), Missing)


@pytest.mark.parametrize("folder", [True, False])
async def test_what_a_link_leads_to_is_not_removed(
    pool: Pool, shelf: Path, kept: Asset, tmp_path: Path, *, folder: bool
) -> None:
    target = lead_elsewhere(shelf, kept, tmp_path / "elsewhere", folder=folder)
    if folder:
        with pytest.raises(MediaError, match="symbolic links"):
            await prune(pool, shelf, NOW_MS + 2 * DAY_MS)
    else:
        await prune(pool, shelf, NOW_MS + 2 * DAY_MS)
    assert target.exists()


async def test_what_a_link_leads_to_is_not_overwritten(
    library: Library, shelf: Path, kept: Asset, tmp_path: Path
) -> None:
    target = lead_elsewhere(shelf, kept, tmp_path / "elsewhere", folder=True)
    target.write_bytes(b"precious")
    with pytest.raises(MediaError, match="symbolic links"):
        await library.add(content(), "document", "a.pdf", NOW_MS)
    assert target.read_bytes() == b"precious"


async def test_the_files_are_for_their_owner_only(shelf: Path, kept: Asset) -> None:
    path = path_of(shelf, kept.sha256)
    assert [one.stat().st_mode & 0o777 for one in (path, path.parent, shelf)] == [0o600, 0o700, 0o700]
