"""`python -m engine migrate`: brings the database up to date; the release step of a deploy.

Nothing else changes the schema. The engine may run meanwhile: a migration never holds it up for long, and waits until a
backup or a report is over. Going down loses the data of what is dropped, so it asks for the revision by name.
"""

import sys
from typing import Annotated

from cyclopts import Parameter, validators

from engine.cli.shared import Whole, noun
from engine.settings import load_database_url
from storage.postgres.migrations import WAIT_S, downgrade, upgrade

app = noun("migrate", "migrate")


@app.default
def migrate(
    *,
    down_to: Annotated[
        str | None, Parameter(metavar="REVISION", help="Take the schema down to this revision ('base' for nothing).")
    ] = None,
    wait: Annotated[
        Whole,
        Parameter(
            metavar="SECONDS",
            help="How long to try again while a backup or a report holds a table.",
            validator=validators.Number(gte=0, lte=86_400),
        ),
    ] = int(WAIT_S),
) -> None:
    url = load_database_url()
    if down_to:
        downgrade(url, down_to, wait, _tell)
    else:
        upgrade(url, wait_s=wait, tell=_tell)


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
