"""GIF: pictures and extensions, each a chain of sub-blocks, until the trailer."""

from typing import Final

from engine.media.formats.file_reader import BrokenFileError, FileReader

_HAS_COLOURS: Final = 0x80
_COUNT: Final = 0x07
_PICTURE: Final = 0x2C
_EXTENSION: Final = 0x21
_TRAILER: Final = 0x3B
_PADDING: Final = 0


def walk_gif(file: FileReader) -> None:
    if file.take(6) not in (b"GIF87a", b"GIF89a"):
        raise BrokenFileError
    file.skip(4)
    _pass_colours(file)
    file.skip(2)
    has_picture = False
    while (block := file.byte()) != _TRAILER:
        has_picture = has_picture or block == _PICTURE
        _pass_block(file, block)
    if not has_picture:
        raise BrokenFileError


def _pass_block(file: FileReader, block: int) -> None:
    if block == _PADDING:
        return
    if block == _PICTURE:
        file.skip(8)
        _pass_colours(file)
    elif block != _EXTENSION:
        raise BrokenFileError
    file.skip(1)
    while length := file.byte():
        file.skip(length)


def _pass_colours(file: FileReader) -> None:
    flags = file.byte()
    if flags & _HAS_COLOURS:
        file.skip(3 * 2 ** ((flags & _COUNT) + 1))
