"""Where the bytes of an asset are: one file per content, shared by all kinds it is kept as."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ELOOP
from pathlib import Path
from typing import Final

from engine.core.errors import MediaError, Phrase

UNSET: Final = Phrase("MEDIA_DIR is not set: name a directory that every process that adds or sends media shares.")


def path_of(directory: Path, sha256: str) -> Path:
    return directory / sha256[:2] / sha256


def is_stored(path: Path) -> bool:
    """Whether a file of the library is there, itself: no link leads out of MEDIA_DIR."""
    return path.is_file() and not (path.is_symlink() or path.parent.is_symlink())


def check_place(path: Path) -> None:
    """Raises OSError if the folder of a file is a link, by which we would write or remove elsewhere."""
    if path.parent.is_symlink():
        raise OSError(ELOOP, os.strerror(ELOOP), str(path.parent))


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
