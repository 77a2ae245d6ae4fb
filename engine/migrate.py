"""`python -m engine.migrate`: brings the database up to date; the release step of a deploy.

Nothing else changes the schema. Going down loses the data of what is dropped, so it asks for the revision by name.
"""

import argparse
import sys

from engine.core.errors import RecoveryError
from engine.settings import load_settings
from storage.migrations import downgrade, upgrade

__all__ = ["upgrade"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.migrate", description=__doc__)
    parser.add_argument(
        "--down-to", metavar="REVISION", help="take the schema down to this revision ('base' for nothing)"
    )
    arguments = parser.parse_args()
    try:
        url = load_settings().database_url
        downgrade(url, arguments.down_to) if arguments.down_to else upgrade(url)
    except RecoveryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
