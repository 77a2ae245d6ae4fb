"""A known fault, as a change of one text in one file."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from engine.core.errors import RecoveryError


class Mutant(NamedTuple):
    """`why`: who is known for this fault, or what it would cost. `tests` must notice it, the cheapest first."""

    name: str
    why: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def changed(self, text: str) -> str:
        """Raises RecoveryError if the file does not read so any more."""
        found = text.count(self.old)
        if found != 1:
            raise RecoveryError(f"{self.name}: {self.path} reads {self.old!r} {found} times instead of once.")
        return text.replace(self.old, self.new)


def check(mutants: Iterable[Mutant], root: Path) -> None:
    """Raises RecoveryError that names every mutant whose file does not read so any more."""
    outdated = []
    for mutant in mutants:
        try:
            mutant.changed((root / mutant.path).read_text(encoding="utf-8"))
        except RecoveryError as error:
            outdated.append(str(error))
    if outdated:
        raise RecoveryError("\n".join(outdated))
