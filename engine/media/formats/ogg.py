"""OGG with Opus: pages with a table of their lengths. The last one is marked, unless a recorder just stopped.

After a marked page another stream may follow, whole too; anything else behind it is passed over.
"""

from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader

_PAGE: Final = b"OggS"
_HEAD: Final = 27
_FLAGS: Final = 5
_LENGTHS: Final = 26
_LAST: Final = 4
_HEADERS: Final = 2
"""The pages before the sound, one for each of Opus's headers."""


def walk_ogg(file: FileReader) -> None:
    pages, is_over = 0, False
    while _begins_page(file):
        head = file.take(_HEAD)
        file.skip(sum(file.take(head[_LENGTHS])))
        is_over = bool(head[_FLAGS] & _LAST)
        pages += 1
    if pages <= _HEADERS or (file.left and not is_over):
        raise BrokenFileError


def _begins_page(file: FileReader) -> bool:
    start = file.take(min(len(_PAGE), file.left))
    file.go_back(len(start))
    return start == _PAGE
