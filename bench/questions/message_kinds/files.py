"""Writes the campaign with its files beside it: small ones, generated here, all different.

A name gives the kind of its file: by its suffix, a film's by its first word.
"""

import re
import shutil
from pathlib import Path
from typing import Final

from bench.sandbox.world.files import Kind
from bench.sandbox.world.samples import sample

CAMPAIGN: Final = Path(__file__).with_name("campaign.yaml")
_FILE: Final = re.compile(r"\b[a-z]+(?:-[a-z0-9]+)*\.(?:png|mp4|mp3|ogg|txt|webp)\b")
_KINDS: Final = {
    "png": Kind.PHOTO,
    "mp4": Kind.VIDEO,
    "mp3": Kind.AUDIO,
    "ogg": Kind.VOICE,
    "txt": Kind.DOCUMENT,
    "webp": Kind.STICKER,
}
_FILMS: Final = {"animation": Kind.ANIMATION, "round": Kind.VIDEO_NOTE}


def write_campaign(directory: Path) -> Path:
    """Writes the campaign and its files. Gives the campaign's path."""
    campaign = directory / CAMPAIGN.name
    shutil.copy(CAMPAIGN, campaign)
    for number, name in enumerate(names(), 1):
        (directory / name).write_bytes(sample(_kind_of(name), number).data)
    return campaign


def _kind_of(name: str) -> Kind:
    """A film with sound would not arrive as an animation, nor a wide one as a note."""
    stem, _, suffix = name.rpartition(".")
    return _FILMS.get(stem.split("-")[0], _KINDS[suffix])


def names() -> list[str]:
    """The files that the campaign names, in order."""
    return list(dict.fromkeys(_FILE.findall(CAMPAIGN.read_text("utf-8"))))
