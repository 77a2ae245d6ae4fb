"""Writes the campaign with its files beside it: small ones, generated here, all different.

The suffix of a name gives the kind of the file.
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


def write_campaign(directory: Path) -> Path:
    """Writes the campaign and its files. Gives the campaign's path."""
    campaign = directory / CAMPAIGN.name
    shutil.copy(CAMPAIGN, campaign)
    for number, name in enumerate(names(), 1):
        (directory / name).write_bytes(sample(_KINDS[name.rpartition(".")[2]], number).data)
    return campaign


def names() -> list[str]:
    """The files that the campaign names, in order."""
    return list(dict.fromkeys(_FILE.findall(CAMPAIGN.read_text("utf-8"))))
