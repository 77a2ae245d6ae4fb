"""Where an asset's bytes lie: one file for each content, whatever kinds it is kept as."""

from pathlib import Path
from typing import Final

from engine.core.errors import MediaError

UNSET: Final = "MEDIA_DIR is not set: name a directory that every process that adds or sends media shares."


def path_of(directory: Path, sha256: str) -> Path:
    return directory / sha256[:2] / sha256


def needed(directory: Path | None) -> Path:
    """Raises MediaError where there is none."""
    if directory is None:
        raise MediaError(UNSET)
    return directory
