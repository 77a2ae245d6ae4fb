"""Forms and sizes of pictures, from the first bytes of their files."""

import struct

import pytest

from bench.sandbox.world.image_size import read_image
from tests.sandbox.pictures import BMP, FILM, GIF, JPEG, SOUND, WEBP, png

SCALED = 0x4000
LOSSY = b"RIFF\x1e\0\0\0WEBPVP8 " + bytes(10) + struct.pack("<HH", SCALED | 300, 200) + bytes(20)


@pytest.mark.parametrize(
    ("data", "image"),
    [
        (png(640, 480), ("image/png", 640, 480)),
        (JPEG, ("image/jpeg", 400, 300)),
        (GIF, ("image/gif", 120, 90)),
        (WEBP, ("image/webp", 512, 512)),
        (LOSSY, ("image/webp", 300, 200)),
        (BMP, ("image/bmp", 10, 20)),
    ],
    ids=["png", "jpeg", "gif", "webp", "lossy", "bmp"],
)
def test_form_and_size_are_read(data: bytes, image: tuple[str, int, int]) -> None:
    assert read_image(data) == read_image(bytearray(data)) == image


@pytest.mark.parametrize(
    "data",
    [b"", FILM, SOUND, b"<svg width='3' height='4'></svg>", b"II*\0" + bytes(60), b"BM", LOSSY[:20]],
    ids=["nothing", "film", "sound", "svg", "tiff", "cut_bmp", "cut_webp"],
)
def test_other_files_have_no_size(data: bytes) -> None:
    assert read_image(data) is None
