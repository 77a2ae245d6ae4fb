"""The files that a campaign names: checked and hashed while the campaign is read, then added to the library.

So a wrong file is refused on the line that names it, before anything is added, and a comparison adds nothing.
"""

import hashlib
from pathlib import Path
from typing import NamedTuple

from engine.core.content.model import Asset, MediaKind
from engine.core.errors import CampaignError, MediaError
from engine.media.file_kinds import check_size, recognize
from engine.media.library import Library


class Added(NamedTuple):
    asset: Asset
    path: Path
    size: int


class NamedFiles:
    def __init__(self) -> None:
        self._paths: dict[Asset, Path] = {}

    def hash_of(self, kind: MediaKind, path: Path) -> str:
        """Check and hash a file, and remember that it is needed."""
        try:
            check_size(path.stat().st_size, kind, path.name)
            recognize(path, kind, path.name)
            sha256 = _hash(path)
        except MediaError as error:
            raise CampaignError("{error}", error=error.phrase) from error
        except OSError as error:
            raise CampaignError(
                "{path} cannot be read ({why}): correct its name or its permissions.", path=path, why=error.strerror
            ) from error
        self._paths.setdefault(Asset(kind, sha256), path)
        return sha256

    async def add(self, library: Library, now_ms: int) -> list[Added]:
        """Add every file to the library. Raises MediaError, UnreachableError."""
        added = []
        for asset, path in self._paths.items():
            stored = await library.add_file(path, asset.kind, now_ms)
            added.append(Added(stored.asset, path, stored.size))
        return added


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
