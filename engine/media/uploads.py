"""Which message uploads a file: each bot uploads an asset once, even if many of its messages need it at once.

One poller serves a bot, so this process alone keeps the right to upload. While a bot moves to another poller, both may
upload the same file: either file id is good, and the later one is kept.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from engine.core.content.model import Asset, TelegramFile
from engine.core.errors import UnreachableError
from engine.media.paths import UNSET, is_stored, path_of
from engine.runtime.telemetry import logger
from storage.postgres import media
from storage.postgres.pool import Pool

CACHED: Final = 10_000
"""How many file ids the process keeps; the least recently used goes first."""


class Upload(NamedTuple):
    """The bytes of an asset, and the name under which people see them."""

    path: Path
    name: str
    size: int


class AllKnown(NamedTuple):
    """Telegram has all of the files: send these."""

    files: Mapping[Asset, TelegramFile]


class Mine(NamedTuple):
    """The caller uploads these in its message, and calls `done` or `free` afterwards; the others are known."""

    uploads: Mapping[Asset, Upload]
    files: Mapping[Asset, TelegramFile]


class Busy(NamedTuple):
    """Another message is uploading this one: try again soon."""

    asset: Asset


class Missing(NamedTuple):
    """The file cannot be sent; `detail` names the mend."""

    asset: Asset
    detail: str


Claim: TypeAlias = AllKnown | Mine | Busy | Missing
_Key: TypeAlias = tuple[int, Asset]


class Uploads:
    def __init__(self, pool: Pool, directory: Path | None) -> None:
        self._pool = pool
        self._directory = directory
        self._cache: OrderedDict[_Key, TelegramFile] = OrderedDict()
        self._held: set[_Key] = set()

    async def claim(self, bot_id: int, assets: Sequence[Asset], *, in_album: bool = False) -> Claim:
        """Get all files that a message needs, or the right to upload those that Telegram lacks, or neither.

        An album does not accept a file that Telegram has made another kind of: such a file is uploaded with the album.
        Nothing is awaited between looking and taking, so two albums never hold files that the other needs.
        Raises UnreachableError.
        """
        known = _usable(self._remembered(bot_id, assets), in_album=in_album)
        unknown = [asset for asset in dict.fromkeys(assets) if asset not in known]
        if not unknown:
            return AllKnown(known)
        kept = await media.look_up(self._pool, bot_id, unknown)
        stored = _usable(self._learned(bot_id, kept), in_album=in_album)
        uploads = await self._uploads({asset: one.name for asset, one in kept.items() if asset not in stored})
        known = stored | known | _usable(self._remembered(bot_id, assets), in_album=in_album)
        for asset in unknown:
            if asset not in known and asset not in uploads:
                return Missing(asset, self._why_missing(asset, kept))
        return self._take(bot_id, known, {asset: one for asset, one in uploads.items() if asset not in known})

    async def done(self, bot_id: int, files: Mapping[Asset, TelegramFile]) -> None:
        """Telegram has these now, so others may send them. Never fails: the message has already arrived."""
        try:
            await media.put_files(self._pool, bot_id, files)
        except UnreachableError as error:
            logger().warning("File ids not kept: the next process uploads them again", bot_id=bot_id, error=error)
        finally:
            for asset, file in files.items():
                self._remember((bot_id, asset), file)
            self.free(bot_id, files)

    def free(self, bot_id: int, assets: Iterable[Asset]) -> None:
        """The upload failed, or the answer named no file id: another message may try."""
        self._held.difference_update((bot_id, asset) for asset in assets)

    async def drop(self, bot_id: int, asset: Asset, file: TelegramFile) -> None:
        """Telegram refuses this file id: drop it, unless another has replaced it. Raises UnreachableError."""
        if self._cache.get((bot_id, asset)) == file:
            del self._cache[bot_id, asset]
        await media.drop_file(self._pool, bot_id, asset, file.file_id)

    def _take(self, bot_id: int, known: Mapping[Asset, TelegramFile], uploads: Mapping[Asset, Upload]) -> Claim:
        if not uploads:
            return AllKnown(known)
        keys = {(bot_id, asset) for asset in uploads}
        held = self._held & keys
        if held:
            return Busy(min(held)[1])
        self._held |= keys
        return Mine(uploads, known)

    async def _uploads(self, names: Mapping[Asset, str]) -> dict[Asset, Upload]:
        """The uploads of those whose bytes are in MEDIA_DIR."""
        if self._directory is None or not names:
            return {}
        directory = self._directory
        paths = {asset: path_of(directory, asset.sha256) for asset in names}
        sizes = await asyncio.to_thread(_sizes, paths)
        return {asset: Upload(paths[asset], names[asset], size) for asset, size in sizes.items()}

    def _why_missing(self, asset: Asset, kept: Mapping[Asset, media.Kept]) -> str:
        if asset not in kept:
            return f"The library has no {asset.kind} {asset.sha256}: add its file again."
        if self._directory is None:
            return UNSET
        return f"The bytes of {asset.kind} {asset.sha256} are not in MEDIA_DIR: name another, or add it again."

    def _remembered(self, bot_id: int, assets: Sequence[Asset]) -> dict[Asset, TelegramFile]:
        found = [asset for asset in dict.fromkeys(assets) if (bot_id, asset) in self._cache]
        for asset in found:
            self._cache.move_to_end((bot_id, asset))
        return {asset: self._cache[bot_id, asset] for asset in found}

    def _learned(self, bot_id: int, kept: Mapping[Asset, media.Kept]) -> dict[Asset, TelegramFile]:
        """What PostgreSQL knows; what the process knows is newer and stays."""
        found = {asset: one.file for asset, one in kept.items() if one.file is not None}
        for asset, file in found.items():
            if (bot_id, asset) not in self._cache:
                self._remember((bot_id, asset), file)
        return found

    def _remember(self, key: _Key, file: TelegramFile) -> None:
        self._cache[key] = file
        self._cache.move_to_end(key)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)


def _usable(files: Mapping[Asset, TelegramFile], *, in_album: bool) -> dict[Asset, TelegramFile]:
    return {asset: file for asset, file in files.items() if not in_album or file.kind == asset.kind}


def _sizes(paths: Mapping[Asset, Path]) -> dict[Asset, int]:
    """The sizes of those that are there."""
    return {asset: path.stat().st_size for asset, path in paths.items() if is_stored(path)}
