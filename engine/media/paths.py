"""Where the bytes of an asset are: one file per content, shared by all kinds it is kept as."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from engine.core.errors import MediaError, Phrase

UNSET: Final = Phrase("MEDIA_DIR is not set: name a directory that every process that adds or sends media shares.")


def path_of(directory: Path, sha256: str) -> Path:
    return directory / sha256[:2] / sha256


@contextmanager
def writing() -> Iterator[None]:
    """Raises MediaError for a failure of the disk."""
    try:
        yield
    except OSError as error:
        raise MediaError(
            "MEDIA_DIR cannot be written ({why}): check that it is there, is yours, and has room.", why=error.strerror
        ) from error


def needed(directory: Path | None) -> Path:
    """Raises MediaError if MEDIA_DIR is not set."""
    if directory is None:
        raise MediaError(UNSET)
    return directory
