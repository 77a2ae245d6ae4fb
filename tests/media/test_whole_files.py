"""A file that breaks off is refused when it is added; one that only looks odd is not."""

import gzip
import struct
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.content.model import MediaKind
from engine.core.errors import MediaError
from engine.media.file_kinds import MB, recognize
from engine.media.formats import file_reader
from tests.media import files

WHOLE: Final[dict[str, tuple[bytes, MediaKind]]] = {
    "JPEG": (files.JPEG, "photo"),
    "PNG": (files.PNG, "photo"),
    "WebP": (files.WEBP, "sticker"),
    "GIF": (files.GIF, "animation"),
    "MP4": (files.MP4, "video"),
    "M4A": (files.M4A, "audio"),
    "MP3": (files.MP3, "audio"),
    "OGG": (files.OPUS, "voice"),
    "TGS": (files.TGS, "sticker"),
}
OGG_END: Final = files.OPUS.rindex(b"OggS")
FRAME: Final = b"\xff\xfb\x90\x64".ljust(417, b"\0")
LAST_FRAME: Final = files.MP3.rindex(FRAME)

Judge = Callable[[bytes, MediaKind], str]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    path = tmp_path_factory.mktemp("media") / "file"

    def judge(content: bytes, kind: MediaKind) -> str:
        path.write_bytes(content)
        return recognize(path, kind, "a.file")

    return judge


def box(name: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def film(*boxes: bytes) -> bytes:
    return box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + b"".join(boxes)


def track(*offsets: int, table: bytes = b"stco") -> bytes:
    size = ">I" if table == b"stco" else ">Q"
    content = struct.pack(">II", 0, len(offsets)) + b"".join(struct.pack(size, at) for at in offsets)
    for name in (table, b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        content = box(name, content)
    return content


MOOV: Final = track(40)
DATA: Final = box(b"mdat", bytes(100))


@pytest.mark.parametrize("form", WHOLE)
def test_a_whole_file_is_taken_with_anything_behind_its_end(judge: Judge, form: str) -> None:
    content, kind = WHOLE[form]
    mime = judge(content, kind)
    for more in (b"\0", b"TAG" + b" " * 125, b"<!-- " * 200, b"\xff" * 3):
        assert judge(content + more, kind) == mime


@pytest.mark.parametrize("form", [form for form in WHOLE if form != "MP3"])
def test_a_file_that_is_cut_anywhere_is_refused_with_the_mend(judge: Judge, form: str) -> None:
    content, kind = WHOLE[form]
    for end in {*range(1, min(len(content), 400)), *range(400, len(content), 97), len(content) - 1, len(content) // 2}:
        with pytest.raises(MediaError, match=r"send it as a document instead\.$"):
            judge(content[:end], kind)


@pytest.mark.parametrize("lost", [1, 200, 413, 417 * 37 + 100, len(files.MP3) - 30])
def test_a_song_that_is_cut_within_a_frame_or_its_tag_is_refused(judge: Judge, lost: int) -> None:
    with pytest.raises(MediaError, match="breaks off before its end"):
        judge(files.MP3[:-lost], "audio")


@pytest.mark.parametrize("head", [b" ", b"\n", b"\t\t", b"\r\n \n", b" " * 20_000])
def test_an_animated_sticker_may_begin_with_blanks(judge: Judge, head: bytes) -> None:
    assert judge(gzip.compress(head + b'{"tgs":1}'), "sticker") == "application/x-tgsticker"


@pytest.mark.parametrize(
    "text",
    [
        b'{"v":"5.5.2","layers":[' + b"0," * 20_000 + b'0],"tgs":1}',
        b'{"tgs" : 1}\n',
        b'{ \n"tgs":"1"}',
    ],
)
def test_an_animated_sticker_may_tell_late_what_it_is(judge: Judge, text: bytes) -> None:
    assert judge(gzip.compress(text), "sticker") == "application/x-tgsticker"


@pytest.mark.parametrize(
    "text",
    [
        b'{"tgs":1',
        b'{"v":1}',
        b'{"tgs":1}}',
        b'{"tgs":1,"a":' + b"[" * 200_000 + b"}",
    ],
)
def test_an_animated_sticker_has_to_be_json_that_fits(judge: Judge, text: bytes) -> None:
    with pytest.raises(MediaError, match="breaks off before its end, or is damaged"):
        judge(gzip.compress(text), "sticker")


@pytest.mark.parametrize(
    "content",
    [
        film(MOOV, DATA),
        film(DATA, MOOV),
        film(box(b"free"), MOOV, box(b"uuid", b"x" * 9), DATA, box(b"free", b"later")),
        film(MOOV, struct.pack(">I4sQ", 1, b"mdat", 116) + bytes(100)),
        film(MOOV, struct.pack(">I4s", 0, b"mdat") + bytes(100)),
        film(box(b"moov"), box(b"moof"), DATA, box(b"moof"), DATA),
        film(track(40, table=b"co64"), DATA),
        film(box(b"moov", box(b"udta", box(b"moov", b"?" * 30)) + bytes(4)), DATA),
        film(MOOV, DATA, b"\0\0\xff\xffwide"),
    ],
)
def test_a_film_may_have_its_boxes_in_any_order(judge: Judge, content: bytes) -> None:
    assert judge(content, "video") == "video/mp4"


@pytest.mark.parametrize(
    "content",
    [
        film(MOOV),
        film(DATA),
        film(box(b"moov"), DATA, box(b"moof") + DATA[:50]),
        film(track(5_000), DATA),
        film(track(40, 2**40, table=b"co64"), DATA),
        film(box(b"moov", box(b"trak")[:-1] + b"\xff" * 90), DATA),
        film(box(b"moov", b"\0\0\0\x7ftrak"), DATA),
        film(MOOV, struct.pack(">I4sQ", 1, b"mdat", 3) + bytes(100)),
        film(MOOV, b"\0\0\0\4mdat" + bytes(100)),
        film(MOOV.replace(b"stco\0\0\0\0\0\0\0\1", b"stco\0\0\0\0\xff\xff\xff\xff"), DATA),
    ],
)
def test_a_film_without_its_index_or_its_data_is_refused(judge: Judge, content: bytes) -> None:
    with pytest.raises(MediaError, match="breaks off before its end"):
        judge(content, "video")


FRAGMENTS: Final = film(box(b"moov"), box(b"moof"), DATA, box(b"styp"), box(b"moof"), DATA, box(b"mfra", bytes(9)))


def test_a_film_of_fragments_is_whole_or_ends_behind_one_of_them(judge: Judge) -> None:
    assert judge(FRAGMENTS, "video") == "video/mp4"
    behind = FRAGMENTS.index(DATA) + len(DATA)
    for end in {*range(behind + 1, behind + 17), len(FRAGMENTS) - 1, len(FRAGMENTS) - 16}:
        with pytest.raises(MediaError, match="breaks off before its end"):
            judge(FRAGMENTS[:end], "video")


@pytest.mark.parametrize("version", [0, 1])
def test_a_film_has_all_fragments_that_its_index_names(judge: Judge, version: int) -> None:
    fragment = box(b"moof") + DATA
    times = struct.pack(">II" if version == 0 else ">QQ", 0, 0)
    references = struct.pack(">III", len(fragment), 0, 0) * 2
    index = box(b"sidx", struct.pack(">III", version << 24, 1, 1) + times + struct.pack(">HH", 0, 2) + references)
    assert judge(film(box(b"moov"), index, fragment, fragment), "video") == "video/mp4"
    with pytest.raises(MediaError, match="breaks off before its end"):
        judge(film(box(b"moov"), index, fragment), "video")


@pytest.mark.parametrize("brand", [b"avc1", b"iso5", b"dash", b"M4V ", b"3gp4", b"mp42", b"MSNV"])
def test_a_film_may_be_of_any_family(judge: Judge, brand: bytes) -> None:
    assert judge(box(b"ftyp", brand + bytes(4) + brand) + MOOV + DATA, "video") == "video/mp4"


def handled(*handlers: bytes) -> bytes:
    tracks = (box(b"trak", box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(13)))) for handler in handlers)
    return film(box(b"moov", b"".join(tracks)), DATA)


@pytest.mark.parametrize("kind", ["audio", "voice"])
def test_a_song_may_be_written_like_a_film(judge: Judge, kind: MediaKind) -> None:
    assert judge(handled(b"soun"), kind) == "audio/mp4"
    for other in (handled(b"soun", b"vide"), handled(b"vide"), handled(b"text"), film(MOOV, DATA)):
        with pytest.raises(MediaError, match=r"is not .*MP3 or M4A"):
            judge(other, kind)
    with pytest.raises(MediaError, match="breaks off before its end"):
        judge(handled(b"soun")[:-1], kind)


@pytest.mark.parametrize("position", [30, 50, 80])
def test_a_picture_with_a_wrong_checksum_is_refused(judge: Judge, position: int) -> None:
    damaged = bytearray(files.PNG)
    damaged[position] ^= 1
    with pytest.raises(MediaError, match="not a complete picture"):
        judge(bytes(damaged), "photo")


def test_a_picture_may_have_parts_that_nobody_knows(judge: Judge) -> None:
    chunk = struct.pack(">I", 5) + b"zzZz" + b"words" + b"none"
    assert judge(files.PNG[:33] + chunk + files.PNG[33:], "photo") == "image/png"
    comment = b"\xff\xfe\0\5abc" + b"\xff\xff\xfe\0\2" + b"junk"
    assert judge(files.JPEG[:20] + comment + files.JPEG[20:], "photo") == "image/jpeg"
    assert judge(files.GIF[:19] + b"!\xfe\3abc\0\0" + files.GIF[19:], "animation") == "image/gif"


def test_a_recording_that_just_stopped_is_whole(judge: Judge) -> None:
    """Recorders that are stopped do not mark their last page."""
    unmarked = files.OPUS[: OGG_END + 5] + b"\0" + files.OPUS[OGG_END + 6 :]
    assert judge(unmarked, "voice") == "audio/ogg"
    with pytest.raises(MediaError, match="breaks off"):
        judge(unmarked[:-1], "voice")


def test_a_recording_may_go_on_in_another_stream(judge: Judge) -> None:
    assert judge(files.OPUS * 2, "voice") == "audio/ogg"
    for end in (len(files.OPUS) + 20, len(files.OPUS) + 60, len(files.OPUS) * 2 - 1):
        with pytest.raises(MediaError, match="breaks off"):
            judge((files.OPUS * 2)[:end], "voice")


@pytest.mark.parametrize(
    "count",
    [
        bytes(32) + b"Info\0\0\0\x0f" + struct.pack(">II", 20, 20 * 417),
        bytes(32) + b"Xing\0\0\0\1" + struct.pack(">I", 20),
        bytes(32) + b"VBRI" + bytes(6) + struct.pack(">II", 20 * 417, 20),
    ],
)
def test_a_song_has_all_frames_that_its_first_one_names(judge: Judge, count: bytes) -> None:
    """Some encoders count the first one, others do not: it is one of twenty here, or stands before them."""
    song = (FRAME[:4] + count).ljust(417, b"\0") + FRAME * 19
    for whole in (song, song + FRAME, song + b"TAG".ljust(128), song + b"\0" * 500):
        assert judge(whole, "audio") == "audio/mpeg"
    for end in (417 * 19, 417 * 10, 417, 417 * 5 + 3):
        with pytest.raises(MediaError, match="breaks off"):
            judge(song[:end], "audio")


@pytest.mark.parametrize("content", [b"ID3\4" + bytes(6) + FRAME[:3], FRAME[:3], FRAME * 3 + b"TAG".ljust(127)])
def test_a_song_breaks_off_in_its_first_frame_or_its_last_tag(judge: Judge, content: bytes) -> None:
    with pytest.raises(MediaError, match="breaks off"):
        judge(content, "audio")


@pytest.mark.parametrize("second", [0xFA, 0xF2, 0xE2, 0xE3])
def test_a_song_may_have_frames_of_any_version_with_or_without_a_checksum(judge: Judge, second: int) -> None:
    frame = bytes([0xFF, second, 0x90, 0x64])
    assert judge(frame.ljust(2000, b"\0"), "audio") == "audio/mpeg"


@pytest.mark.parametrize("tags", [b"", b"ID3\4\0\0\0\0\0\x0a" + bytes(10), b"ID3\4\0\x10\0\0\0\0" + bytes(10)])
def test_a_song_may_have_more_tags_than_one(judge: Judge, tags: bytes) -> None:
    assert judge(tags + files.MP3, "audio") == "audio/mpeg"
    assert judge(tags + FRAME * 2, "audio") == "audio/mpeg"


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, MediaKind]:
    """A whole file, cut, flipped, repeated, and with its lengths forged."""
    content, kind = draw(st.sampled_from(list(WHOLE.values())))
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(["cut", "flip", "length", "repeat", "insert"])):
            case "cut":
                del data[max(at, 1) :]
            case "flip":
                data[at] ^= draw(st.integers(1, 255))
            case "length":
                size = draw(st.sampled_from([1, 2, 3, 4, 8]))
                data[at : at + size] = draw(st.integers(0, 256**size - 1)).to_bytes(size, "big")
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 64))] * draw(st.integers(1, 64))
            case "insert":
                data[at:at] = draw(st.binary(max_size=40))
    return bytes(data), kind


@given(mutated())
def test_whatever_a_file_says_it_is_taken_or_refused(judge: Judge, file: tuple[bytes, MediaKind]) -> None:
    with suppress(MediaError):
        judge(*file)


def _monsters() -> Iterator[tuple[str, bytes, MediaKind]]:
    size = MB // 2
    nested = b"".join(struct.pack(">I4s", size - at, b"moov") for at in range(0, size, 8))
    yield "boxes in boxes", film(MOOV, DATA) + nested, "video"
    deep = b"".join(struct.pack(">I4s", size - at, b"trak") for at in range(0, size, 8))
    yield "tracks in tracks", film(box(b"moov", deep), DATA), "video"
    yield "empty boxes", film(box(b"free") * (size // 8)), "video"
    yield "a table of chunks", film(track(*[40] * (size // 4)), DATA), "video"
    yield "segments", files.JPEG[:2] + b"\xff\xc1\0\2" * (size // 4), "photo"
    yield "stuffing", files.JPEG[:-2] + b"\xff" * size, "photo"
    yield "chunks", files.PNG[:33] + b"\0\0\0\0zzzz\0\0\0\0" * (size // 12), "photo"
    yield "one chunk", files.PNG[:33] + struct.pack(">I", size) + b"IDAT" + bytes(size), "photo"
    yield "sub-blocks", files.GIF[:-2] + b"\1x" * (size // 2), "animation"
    yield "empty pages", files.OPUS[:OGG_END] + b"OggS".ljust(27, b"\0") * (size // 27), "voice"
    yield "empty tags", (b"ID3\4" + bytes(6)) * (size // 10) + FRAME, "audio"


@pytest.mark.parametrize(("content", "kind"), [pytest.param(*one[1:], id=one[0]) for one in _monsters()])
def test_the_size_of_a_file_decides_nothing_about_memory(judge: Judge, content: bytes, kind: MediaKind) -> None:
    assert _memory(judge, content, kind) < MB // 4


@pytest.mark.parametrize(("head", "more", "size"), [(b'{"tgs":"', b"x", 64), (b'{"tgs":', b"[", 7), (b"", b" ", 64)])
def test_an_animated_sticker_is_unpacked_as_far_as_it_may_go(judge: Judge, head: bytes, more: bytes, size: int) -> None:
    bomb = gzip.compress(head + more * size * MB)
    assert _memory(judge, bomb, "sticker") < 32 * MB


def test_a_walk_without_end_is_given_up(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    content = film(MOOV, box(b"free") * 1_000, DATA)
    assert judge(content, "video") == "video/mp4"
    monkeypatch.setattr(file_reader, "MOST_STEPS", 1_000)
    with pytest.raises(MediaError, match="breaks off"):
        judge(content, "video")


def _memory(judge: Judge, content: bytes, kind: MediaKind) -> int:
    """How much memory was taken at most at one time."""
    tracemalloc.start()
    try:
        with suppress(MediaError):
            judge(content, kind)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
