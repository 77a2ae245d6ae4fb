"""The bytes decide what a file is; a file that cannot be sent as its kind is refused with another way."""

from pathlib import Path

import pytest

from engine.core.content.model import MediaKind
from engine.core.errors import MediaError
from engine.media.file_kinds import LARGEST, LARGEST_PHOTO, check_size, recognize
from tests.media import files


@pytest.mark.parametrize(
    ("kind", "content", "mime"),
    [
        ("photo", files.JPEG, "image/jpeg"),
        ("photo", files.PNG, "image/png"),
        ("photo", files.WEBP, "image/webp"),
        ("video", files.MP4, "video/mp4"),
        ("animation", files.MP4, "video/mp4"),
        ("animation", files.GIF, "image/gif"),
        ("audio", files.MP3, "audio/mpeg"),
        ("audio", files.M4A, "audio/mp4"),
        ("voice", files.OPUS, "audio/ogg"),
        ("voice", files.MP3, "audio/mpeg"),
        ("video_note", files.MP4, "video/mp4"),
        ("sticker", files.WEBP, "image/webp"),
        ("sticker", files.TGS, "application/x-tgsticker"),
        ("document", files.PDF, "application/pdf"),
        ("document", files.BMP, "image/bmp"),
        ("document", files.TEXT, "text/plain"),
    ],
)
def test_a_valid_file_is_recognized_by_its_bytes(tmp_path: Path, kind: MediaKind, content: bytes, mime: str) -> None:
    assert recognize(_file(tmp_path, content), kind, "note.txt") == mime


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("photo", files.GIF),
        ("photo", files.BMP),
        ("photo", files.TEXT),
        ("video", files.MOV),
        ("video", files.WEBM),
        ("animation", files.PNG),
        ("audio", files.OPUS),
        ("audio", files.MP4),
        ("voice", files.VORBIS),
        ("video_note", files.GIF),
        ("sticker", files.PNG),
        ("sticker", files.ARCHIVE),
    ],
)
def test_a_file_of_another_kind_can_be_sent_as_a_document(tmp_path: Path, kind: MediaKind, content: bytes) -> None:
    with pytest.raises(MediaError, match=r"^a\.jpg is not .+: send it as a document instead\.$"):
        recognize(_file(tmp_path, content), kind, "a.jpg")


@pytest.mark.parametrize("sides", [(5_001, 5_000), (2_001, 100), (100, 2_001)])
def test_a_photo_needs_sides_that_telegram_accepts(tmp_path: Path, sides: tuple[int, int]) -> None:
    with pytest.raises(MediaError, match=r"by \d+ pixels; .+ or send it as a document instead\.$"):
        recognize(_file(tmp_path, files.picture(*sides)), "photo", "a.png")
    assert recognize(_file(tmp_path, files.picture(*sides)), "document", "a.png") == "image/png"


@pytest.mark.parametrize("sides", [(5_000, 5_000), (2_000, 100)])
def test_a_photo_may_be_as_large_as_telegram_accepts(tmp_path: Path, sides: tuple[int, int]) -> None:
    assert recognize(_file(tmp_path, files.picture(*sides)), "photo", "a.png") == "image/png"


def test_a_film_sticker_is_refused_with_what_works_instead(tmp_path: Path) -> None:
    """Telegram shows it from a sticker set alone: a bot's upload arrives as a document."""
    with pytest.raises(MediaError, match=r"^a\.webm is a WebM sticker, .+: send a WebP or TGS sticker, or .+\.$"):
        recognize(_file(tmp_path, files.WEBM), "sticker", "a.webm")
    assert recognize(_file(tmp_path, files.WEBM), "document", "a.webm") == "video/webm"


@pytest.mark.parametrize("content", [files.JPEG[:20], files.picture(0, 5)])
def test_a_truncated_picture_is_refused_as_a_photo(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(MediaError, match="not a complete picture"):
        recognize(_file(tmp_path, content), "photo", "a.jpg")


def test_an_empty_file_is_refused_as_any_kind(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="is empty: choose another"):
        recognize(_file(tmp_path, b""), "document", "a.txt")


def test_each_kind_has_its_largest_size() -> None:
    check_size(LARGEST_PHOTO, "photo", "a.png")
    check_size(LARGEST, "video", "a.mp4")
    with pytest.raises(MediaError, match=r"10 MB, .+ make it smaller or send it as a document\.$"):
        check_size(LARGEST_PHOTO + 1, "photo", "a.png")
    with pytest.raises(MediaError, match=r"20 MB, which is the most for a video note: make it smaller\.$"):
        check_size(LARGEST + 1, "video_note", "a.mp4")


def _file(directory: Path, content: bytes) -> Path:
    path = directory / "incoming"
    path.write_bytes(content)
    return path
