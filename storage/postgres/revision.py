"""Which revision of the schema this code knows: by the names of the migrations' files, which are their revisions.

A database that is one migration ahead of the code is served (the old version during a rolling deploy); one that is
behind, or further ahead, is refused. Every process checks this as it starts, and only one that migrates pays for
Alembic, which takes 28 MiB.
"""

from typing import Final

from engine.core.errors import MigrationError
from storage.bundled import bundled

_VERSIONS: Final = bundled("migrations") / "versions"


def check_revision(current: str | None) -> None:
    """Refuse a schema that does not fit this code. Raises MigrationError."""
    known = sorted(path.stem for path in _VERSIONS.glob("[0-9]*_*.py"))
    newest = known[-1]
    if current == newest:
        return
    if current is None or current in known:
        raise MigrationError("The database lacks migrations: run `python -m engine migrate`, then start again.")
    if _number(current) != _number(newest) + 1:
        raise MigrationError("The database is more than one migration ahead of this code: deploy the newer code.")


def _number(revision: str) -> int:
    return int(revision.split("_", maxsplit=1)[0])
