"""`python -m engine.migrate`: brings the database up to date; the release step of a deploy.

Nothing else changes the schema. Going down loses the data of what is dropped, so it asks for the revision by name.
"""

import argparse
import sys

from engine.runtime.process import command
from engine.settings import load_settings
from storage.migrations import downgrade, upgrade

__all__ = ["upgrade"]


@command
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m engine.migrate", description=__doc__)
    parser.add_argument(
        "--down-to", metavar="REVISION", help="take the schema down to this revision ('base' for nothing)"
    )
    arguments = parser.parse_args()
    url = load_settings().database_url
    if arguments.down_to:
        downgrade(url, arguments.down_to)
    else:
        upgrade(url)


if __name__ == "__main__":
    sys.exit(main())
