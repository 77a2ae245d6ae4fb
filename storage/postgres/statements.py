"""SQL in files: one statement a file, beside the module that runs it.

Each file begins with a header: what the statement does, its parameters in order with their types, the numbers in it
that Python knows by name, and the columns that it returns. A test compares the header with the statement, with what
PostgreSQL makes of it, and with the named tuples that go in and come out. The header is sent along, so that the
server's log and its list of running statements say what each one is for.

The operations that carry the engine take several statements, such as a lock and what follows from it. Each of them is
a function that a session makes for itself as it opens (`pg_temp`): one round trip and one transaction, and every
statement in it still sees what was committed before it began. Behind a pooler no session is ours, and session.py makes
them where they are missing. A function of the schema would outlive the code that knows it, and two versions of the
engine that run side by side would have to agree on it.

Their plans are made once, whatever the tables hold by then, so they are written to leave the planner no choice that a
growing table could make wrong:

- `LATERAL (... OFFSET 0)` and `EXISTS (... OFFSET 0)` are looked up row by row, never read as a whole;
- `bot_id = ANY (ARRAY[...])` joins a table that is changed, and no order of an index suits it;
- a `CASE` around a status, or none at all, keeps an index of the open rows from being read from end to end;
- a `CASE` around `IN (SELECT ...)` keeps rows from being compared each with each: the list is hashed;
- `bot_id = bot_id + 0` is always true and taken for rare, so the plan is made for one row, by key;
- `BETWEEN low AND high` opens only the partitions of the episodes at hand.
"""

from importlib.resources import files
from typing import Final

PAGE: Final = 512
"""The most rows that one statement reads or writes."""

FUNCTIONS: Final = (
    "deliveries/find_room",
    "deliveries/judge_facts",
    "deliveries/begin_episodes",
    "deliveries/claim_deliveries",
    "deliveries/report_outcomes",
)
"""The files that hold a function of the session."""
_FILES: Final = files(__package__)


def read_statement(name: str) -> str:
    """`name` is the file's path below this room, without its ending. Read once, when its module is imported."""
    return _FILES.joinpath(f"{name}.sql").read_text(encoding="utf-8")


def read_functions() -> str:
    """The functions of a session, in one text that makes them all."""
    return "".join(map(read_statement, FUNCTIONS))


def call_function(name: str, arguments: int) -> str:
    """The statement that calls a function of the session, and so runs the whole of it in one round trip."""
    given = ", ".join(f"${number}" for number in range(1, arguments + 1))
    return f"SELECT * FROM pg_temp.{name.rpartition('/')[2]}({given})"  # noqa: S608 - names of ours
