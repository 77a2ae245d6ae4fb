"""SQL in files: one statement a file, beside the module that runs it.

Each file begins with a header: what the statement does, its parameters in order with their types, the numbers in it
that Python knows by name, and the columns that it returns. A test compares the header with the statement, with what
PostgreSQL makes of it, and with the named tuples that go in and come out. The header is sent along, so that the
server's log and its list of running statements say what each one is for.
"""

from importlib.resources import files
from typing import Final

PAGE: Final = 512
"""The most rows that one statement reads or writes."""

_FILES: Final = files(__package__)


def read_statement(name: str) -> str:
    """`name` is the file's path below this room, without its ending. Read once, when its module is imported."""
    return _FILES.joinpath(f"{name}.sql").read_text(encoding="utf-8")
