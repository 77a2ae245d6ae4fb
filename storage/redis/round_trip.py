"""Commands to one server and their answers, in one round trip over one connection.

It does what `Redis.execute_command` and its pipelines do, without what a script does not need (retries, the library's
own metrics, callbacks that reshape answers), which took more than half of the time.
"""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

from hiredis import pack_command
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError

Command: TypeAlias = tuple[str | int, ...]

NOTHING_FIRST: Final[Sequence[Command]] = ()


async def round_trip(pool: Any, commands: Sequence[Command], first: Sequence[Command] = NOTHING_FIRST) -> list[Any]:
    """The answer to each command; a refusal is an answer too. Every answer is read, whatever comes before it.

    `first` goes before them over the same connection; if something of it is refused, that answers each command.
    """
    connection: AbstractConnection = await pool.get_connection()
    try:
        await connection.send_packed_command([_pack(command) for command in (*first, *commands)])
        before = [await _answer(connection) for _ in first]
        answers = [await _answer(connection) for _ in commands]
    finally:
        await pool.release(connection)
    refusal = next(filter(is_failure, before), None)
    return answers if refusal is None else [refusal] * len(answers)


def is_failure(answer: object) -> bool:
    return isinstance(answer, Exception)


async def _answer(connection: AbstractConnection) -> Any:
    try:
        return await connection.read_response()
    except ResponseError as refusal:
        return refusal


def _pack(command: Command) -> bytes:
    """The library's stub takes one word for all."""
    return bytes(pack_command(cast("Any", command)))
