"""`python -m engine migrate`: brings the database up to date; the release step of a deploy.

Nothing else changes the schema. Going down loses the data of what is dropped, so it asks for the revision by name.
"""

from typing import Annotated

from cyclopts import Parameter

from engine.cli.shared import noun
from engine.settings import load_database_url
from storage.postgres.migrations import downgrade, upgrade

app = noun("migrate", "migrate")


@app.default
def migrate(
    *,
    down_to: Annotated[
        str | None, Parameter(metavar="REVISION", help="Take the schema down to this revision ('base' for nothing).")
    ] = None,
) -> None:
    url = load_database_url()
    if down_to:
        downgrade(url, down_to)
    else:
        upgrade(url)
