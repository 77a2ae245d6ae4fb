"""Partitions of the deliveries, one for each month, made ahead by the running system.

The default partition takes every row that has no other place, so that none is lost. `CREATE TABLE ... PARTITION OF`
would lock the table of all deliveries against everybody, behind whoever reads it. So a partition is made as a table of
its own and then attached, which locks the default partition alone. That lock is brief, but it too waits behind a
reader, and every statement about deliveries waits behind it: hence its short wait (`lock_waits`). Dropping the default
partition would spare that wait, and the first row without a place would then stop the sending.

Attaching reads the whole default partition while it is locked, to see that no row belongs into the new one. Where that
is more than a moment's work, a constraint on the default partition says so beforehand, and is checked without a lock
that anybody waits for. It would refuse the month's own rows, so it is added long before they come, and dropped before
then even if the partition could not be made. The new table is empty: to read it takes no time, so it needs no such
constraint.

A few rows of the month that already lie in the default partition move into the new one: a month must not stay without
its partition because one row came first. That alone locks the table of all deliveries, for some milliseconds: a
statement that waits for the default partition has looked up the partitions before, and would miss the rows in the new
one. A month with more of them stays there; the months after it get theirs.

PostgreSQL takes no parameters in what makes tables: names and bounds are written into it, and come from a date alone.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from engine.core.errors import HeldError, UnreachableError
from storage.postgres.lock_waits import ATTACH_PARTITION, EXCLUDE_MONTH, MOVE_DELIVERIES, VALIDATE_EXCLUSION
from storage.postgres.maintenance import maintenance
from storage.postgres.pool import Connection, Pool, transaction
from storage.postgres.statements import PAGE, read_statement

MONTHS_AHEAD: Final = 2
MOST_READ_LOCKED: Final = 8 * 1024 * 1024
"""Bytes of the default partition that are read in some milliseconds."""
MOST_MOVED: Final = PAGE
"""Rows of a month that are moved out of the default partition in some milliseconds."""
EXCLUDED_AHEAD_MS: Final = 7 * 86_400_000
"""A month is excluded no later than this before it begins; from then on there is time to drop the constraint again."""
_YEAR_MONTHS: Final = 12
_PARENT: Final = "recovery_deliveries"
_DEFAULT: Final = "recovery_deliveries_default"
_EXCLUSION: Final = "excluded_month"
_VALIDATION_S: Final = 3_600.0
_LOCK: Final = 7_203_115  # any number, as long as it is ours alone: only one process makes partitions at a time
_LIST: Final = read_statement("list_partitions")
_COUNT: Final = f"SELECT count(*) FROM (SELECT FROM {_DEFAULT} WHERE episode_id >= $1 AND episode_id < $2 LIMIT $3) r"  # noqa: S608 - a name of ours

_HAS_EXCLUSION: Final = (
    f"SELECT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '{_DEFAULT}'::regclass AND conname = '{_EXCLUSION}')"  # noqa: S608 - names of ours
)


class Month(NamedTuple):
    """The partition of a month: `low` is its first episode and `high` the first after it, in ms."""

    name: str
    low: int
    high: int


class HeldMonthError(HeldError):
    """The partition of a month could not be made."""

    def __init__(self, month: Month, why: str) -> None:
        super().__init__(why)
        self.month = month


def months_from(now_ms: int) -> list[Month]:
    """The month that it is, and those ahead."""
    today = datetime.fromtimestamp(now_ms / 1000, UTC)
    first = today.year * _YEAR_MONTHS + today.month - 1
    return [_month(number) for number in range(first, first + MONTHS_AHEAD + 1)]


async def missing(pool: Pool, now_ms: int) -> list[Month]:
    """Those of `months_from` that have no partition, the earliest first. Raises UnreachableError."""
    async with transaction(pool) as connection:
        tables = await _tables(connection)
    return [month for month in months_from(now_ms) if not tables.get(month.name)]


async def make_ahead(pool: Pool, now_ms: int) -> list[str]:
    """Make the partitions that are missing; returns their names. Raises HeldMonthError, UnreachableError."""
    async with transaction(pool) as connection:
        tables = await _tables(connection)
    months = [month for month in months_from(now_ms) if not tables.get(month.name)]
    if months and months[0].low <= now_ms + EXCLUDED_AHEAD_MS:
        await _admit(pool, months[0])
    made = [month.name for month in months if month.name not in tables and await _make(pool, month, now_ms)]
    if taken := next((month for month in months if month.name in tables), None):
        raise HeldMonthError(taken, f"{_failure(taken)}: a table with this name is not attached: attach or rename it.")
    return made


async def _make(pool: Pool, month: Month, now_ms: int) -> bool:
    """False if the month stays in the default partition, or another process is at it."""
    async with transaction(pool) as connection:
        rows = await connection.fetchval(_COUNT, month.low, month.high, MOST_MOVED + 1)
        is_big = await connection.fetchval(f"SELECT pg_relation_size('{_DEFAULT}')") > MOST_READ_LOCKED
    if rows > MOST_MOVED or (rows and is_big):
        return False
    try:
        if is_big and now_ms + EXCLUDED_AHEAD_MS < month.low:
            await _exclude(pool, month)
        return await _attach(pool, month, moves=bool(rows))
    except UnreachableError as error:
        raise HeldMonthError(month, str(error)) from error


async def _admit(pool: Pool, month: Month) -> None:
    """Drop the exclusion that an earlier try left behind, before rows come that it would refuse."""
    async with transaction(pool) as connection:
        if not await connection.fetchval(_HAS_EXCLUSION):
            return
    try:
        async with maintenance(pool, EXCLUDE_MONTH, _failure(month)) as connection:
            await _drop_exclusion(connection)
    except UnreachableError as error:
        raise HeldMonthError(month, str(error)) from error


async def _exclude(pool: Pool, month: Month) -> None:
    async with maintenance(pool, EXCLUDE_MONTH, _failure(month)) as connection:
        await _drop_exclusion(connection)
        await connection.execute(
            f"ALTER TABLE {_DEFAULT} ADD CONSTRAINT {_EXCLUSION}"
            f" CHECK (episode_id < {month.low} OR episode_id >= {month.high}) NOT VALID"
        )
    async with maintenance(pool, VALIDATE_EXCLUSION, _failure(month)) as connection:
        await connection.execute(f"ALTER TABLE {_DEFAULT} VALIDATE CONSTRAINT {_EXCLUSION}", timeout=_VALIDATION_S)


async def _attach(pool: Pool, month: Month, *, moves: bool) -> bool:
    """What waits for a lock comes last, and after it only what takes some milliseconds."""
    async with maintenance(pool, MOVE_DELIVERIES if moves else ATTACH_PARTITION, _failure(month)) as connection:
        alone = await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK)
        if not alone or month.name in await _tables(connection):
            return False
        await connection.execute(f"CREATE TABLE {month.name} (LIKE {_PARENT} INCLUDING ALL)")
        if moves:
            await _move(connection, month)
        await connection.execute(
            f"ALTER TABLE {_PARENT} ATTACH PARTITION {month.name} FOR VALUES FROM ({month.low}) TO ({month.high})"
        )
        await _drop_exclusion(connection)
    return True


async def _move(connection: Connection, month: Month) -> None:
    """The locks keep the next rows of the month away, which would make the attachment fail."""
    await connection.execute(f"LOCK TABLE ONLY {_PARENT}, {_DEFAULT} IN ACCESS EXCLUSIVE MODE")
    await connection.execute(
        f"WITH moved AS (DELETE FROM {_DEFAULT} WHERE episode_id >= $1 AND episode_id < $2 RETURNING *)"  # noqa: S608 - names of ours
        f" INSERT INTO {month.name} SELECT * FROM moved",
        *(month.low, month.high),
    )


async def _tables(connection: Connection) -> dict[str, bool]:
    """Whether each table with the name of a partition is attached."""
    return {row["name"]: row["attached"] for row in await connection.fetch(_LIST)}


async def _drop_exclusion(connection: Connection) -> None:
    await connection.execute(f"ALTER TABLE {_DEFAULT} DROP CONSTRAINT IF EXISTS {_EXCLUSION}")


def _failure(month: Month) -> str:
    return f"The partition {month.name} was not made"


def _month(number: int) -> Month:
    year, place = divmod(number, _YEAR_MONTHS)
    return Month(f"{_PARENT}_{year}_{place + 1:02}", _starts_ms(number), _starts_ms(number + 1))


def _starts_ms(number: int) -> int:
    year, place = divmod(number, _YEAR_MONTHS)
    return int(datetime(year, place + 1, 1, tzinfo=UTC).timestamp()) * 1000
