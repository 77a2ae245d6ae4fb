"""A copy of the project in which one fault at a time is put in and taken out."""

import shutil
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

from bench.questions.mutants.mutant import Mutant

PARTS: Final = ("bench", "bot", "docs", "engine", "lua", "migrations", "storage", "tests", "pyproject.toml")


class Workshop:
    def __init__(self, root: Path, place: Path) -> None:
        """Copy the project from `root` to `place`, which is not there yet."""
        self.place = place
        self._sound: tuple[Path, str] | None = None
        """The file that has a fault, as it was."""
        place.mkdir()
        for part in PARTS:
            source = root / part
            if source.is_dir():
                shutil.copytree(source, place / part)
            else:
                shutil.copy2(source, place)

    def put_in(self, mutant: Mutant) -> None:
        """Raises RecoveryError if its file does not read so any more."""
        file = self.place / mutant.path
        self._sound = file, file.read_text(encoding="utf-8")
        _write(file, mutant.changed(self._sound[1]))

    def take_out(self) -> None:
        """Make the copy what it was."""
        if self._sound:
            _write(*self._sound)
            self._sound = None


def _write(file: Path, text: str) -> None:
    """Python takes what it has compiled for current if size and second of the source are the same."""
    file.write_text(text, encoding="utf-8")
    if file.suffix == ".py":
        Path(cache_from_source(str(file))).unlink(missing_ok=True)
