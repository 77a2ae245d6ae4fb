"""How long a change of the tables may wait for its lock, and how long it may hold it.

A lock that waits behind a backup or a report holds up everybody who comes after it, for as long as it waits. So a
change beside the running engine waits briefly, gives up, and comes again. Each has a line here; a migration names its
tables in its own first statement, and waits `WAIT_MS` for all of them together.
"""

from typing import Final, NamedTuple

from storage.postgres.statements import read_statement

WAIT_MS: Final = 100
GAVE_UP: Final = ("55P03", "57014", "40P01")
"""The SQLSTATEs of a wait that was too long, a statement that was too long, and a deadlock."""
FIND_HOLDERS: Final = read_statement("find_holders")


class Work(NamedTuple):
    """`lock` is the strongest lock on what others use, as PostgreSQL calls it; `on` is that table.

    `wait_ms`: the longest that it waits, and so the longest that others wait behind it.
    `run_ms`: the longest that a statement may take, its wait included; 0 if it is in nobody's way.
    """

    lock: str
    on: str
    wait_ms: int
    run_ms: int


_DEFAULT_PARTITION: Final = "recovery_deliveries_default"
ATTACH_PARTITION: Final = Work("AccessExclusiveLock", _DEFAULT_PARTITION, WAIT_MS, 500)
MOVE_DELIVERIES: Final = Work("AccessExclusiveLock", "recovery_deliveries", WAIT_MS, 500)
"""A statement that has looked up the partitions and waits for one of them would miss the rows in the new one."""
EXCLUDE_MONTH: Final = Work("AccessExclusiveLock", _DEFAULT_PARTITION, WAIT_MS, 500)
VALIDATE_EXCLUSION: Final = Work("ShareUpdateExclusiveLock", _DEFAULT_PARTITION, 5_000, 0)
"""Nothing that reads or writes rows waits behind this lock, only VACUUM and the like."""
PRUNE_MEDIA: Final = Work("ExclusiveLock", "advisory", 2_000, 0)
"""It waits for admins who save a draft or a file, and those who save after them wait behind it; no sending does."""
WORKS: Final = (ATTACH_PARTITION, MOVE_DELIVERIES, EXCLUDE_MONTH, VALIDATE_EXCLUSION, PRUNE_MEDIA)


def held(what: str, holders: list[str]) -> str:
    """Why something was not done."""
    who = f"a backup or a report ({', '.join(holders)})" if holders else "another transaction"
    return f"{what}: {who} holds a table that it changes"
