"""Which revision of the schema this code knows: by the names of the migrations' files, which are their revisions.

A database that is one migration ahead of the code is served (the old version during a rolling deploy); one that is
behind, or further ahead, is refused. Every process checks this as it starts, and only one that migrates pays for
Alembic, which takes 28 MiB.
"""

import re
from typing import Final

from engine.core.errors import MigrationError
from storage.bundled import bundled

_VERSIONS: Final = bundled("migrations") / "versions"
_NAME: Final = re.compile(r"([0-9]{4})_\w+")


def check_revision(current: str | None) -> None:
    """Refuse a schema that does not fit this code. Raises MigrationError."""
    known = _known()
    if current == known[-1]:
        return
    if current is None or current in known:
        raise MigrationError("The database lacks migrations: run `python -m engine migrate`, then start again.")
    if not _NAME.fullmatch(current):
        raise MigrationError(
            "The database may be another program's, since its revision is none of ours: check DATABASE_URL."
        )
    if not is_one_ahead(current):
        raise MigrationError("The database is more than one migration ahead of this code: deploy the newer code.")


def is_one_ahead(current: str | None) -> bool:
    """Whether the newest migration that the database has is the next one after ours."""
    name = _NAME.fullmatch(current or "")
    return name is not None and int(name[1]) == int(_known()[-1][:4]) + 1


def _known() -> list[str]:
    return sorted(path.stem for path in _VERSIONS.glob("[0-9]*_*.py"))
