"""`python -m engine migrate`: brings the database up to date; the release step of a deploy.

Nothing else changes the schema. Going down loses the data of what is dropped, so it asks for the revision by name.
"""

import argparse
from collections.abc import Sequence

from engine.runtime.process import command
from engine.settings import load_settings
from storage.postgres.migrations import downgrade, upgrade

__all__ = ["upgrade"]


@command
def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m engine migrate", description=__doc__)
    parser.add_argument(
        "--down-to", metavar="REVISION", help="take the schema down to this revision ('base' for nothing)"
    )
    args = parser.parse_args(arguments)
    url = load_settings().database_url
    if args.down_to:
        downgrade(url, args.down_to)
    else:
        upgrade(url)
