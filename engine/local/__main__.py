"""`python -m engine.local`, which is what `./dev run` runs."""

import argparse
import io
import sys

from engine.local import run


def main() -> int:
    argparse.ArgumentParser(prog="./dev run", description=run.__doc__).parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that lacks a character must not end the run
    return run.run()


if __name__ == "__main__":
    sys.exit(main())
