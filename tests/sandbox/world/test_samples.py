"""The samples: the engine's library and the sandbox both recognise each as what it is called."""

from pathlib import Path
from typing import get_args

import pytest

from bench.sandbox.world.files import Kind
from bench.sandbox.world.image_size import read_image
from bench.sandbox.world.samples import sample
from engine.core.content.model import MediaKind
from engine.media.file_kinds import check_size, recognize
from tests.sandbox.caller import Caller, upload

KINDS: tuple[MediaKind, ...] = get_args(MediaKind)
MIMES: dict[MediaKind, str] = {
    "photo": "image/png",
    "video": "video/mp4",
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "voice": "audio/ogg",
    "video_note": "video/mp4",
    "document": "text/plain",
    "sticker": "image/webp",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_is_a_valid_file_of_its_kind(kind: MediaKind, tmp_path: Path) -> None:
    name, data = sample(Kind(kind), 1)
    path = tmp_path / name
    path.write_bytes(data)
    check_size(len(data), kind, name)
    assert recognize(path, kind, name) == MIMES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_each_number_makes_its_own_file(kind: MediaKind) -> None:
    assert len({sample(Kind(kind), number).data for number in range(5)}) == 5
    assert sample(Kind(kind), 3) == sample(Kind(kind), 3)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_bot_can_send_a_sample(bot: Caller, person: int, kind: MediaKind) -> None:
    method = "send" + kind.title().replace("_", "")
    sent = await upload(bot, method, chat_id=person, **{kind: sample(Kind(kind), 2)})
    assert kind in sent.result


def test_a_sticker_has_telegrams_sides() -> None:
    picture = read_image(sample(Kind.STICKER, 4).data)
    assert picture is not None
    assert (picture.form, picture.width, picture.height) == ("image/webp", 512, 512)


def test_the_pages_of_a_voice_bear_their_sums() -> None:
    """As RFC 3533 requires: players need them. Browsers play the file with this sum."""
    data = sample(Kind.VOICE).data
    assert data.count(b"OggS") == 3
    first = data[: data.index(b"OggS", 4)]
    assert first[22:26].hex() == "846cd924"
