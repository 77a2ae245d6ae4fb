"""What the commands share: servers, the clock, who acts, the arguments that recur, and how an answer is printed.

A moment that a command stores is Redis's, as everywhere else; only a stop or a pause takes PostgreSQL's while Redis is
down. A command that stores none needs no Redis that answers: the client connects with its first question.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeAlias

import msgspec
from cyclopts import App, Parameter, Token, validators
from rich.console import Console
from rich.table import Table

from engine.administration.registration import operator
from engine.core.change import Change
from engine.core.errors import UnreachableError
from engine.core.schedule import step_schedule
from engine.settings import Settings, load_settings
from storage.postgres.pool import Pool, open_pool
from storage.postgres.pool import now_ms as postgres_now_ms
from storage.redis.client import Redis, open_redis
from storage.redis.server_clock import server_now_ms

PROGRAM: Final = "recovery" if Path(sys.argv[0]).name == "recovery" else "python -m engine"


def _whole(_: Any, tokens: Sequence[Token]) -> int:
    """Cyclopts itself would round 41.5."""
    value = tokens[0].value
    if not (value.isascii() and value.removeprefix("-").isdigit()):
        raise ValueError(f"{value!r} is not a whole number: give digits alone.")
    return int(value)


Whole: TypeAlias = Annotated[int, Parameter(converter=_whole)]
Id: TypeAlias = Annotated[Whole, Parameter(metavar="N", validator=validators.Number(gte=1, lte=2**63 - 1))]
BotName: TypeAlias = Annotated[str, Parameter(help="The bot's name, such as @shop_bot.")]
OfBot: TypeAlias = Annotated[str, Parameter("--bot", metavar="@NAME", help="The bot's name.")]
OneBot: TypeAlias = Annotated[str | None, Parameter("--bot", metavar="@NAME", help="The bot's name.")]
Json: TypeAlias = Annotated[bool, Parameter("--json", help="Print JSON, with moments in ms.")]
Yes: TypeAlias = Annotated[bool, Parameter("--yes", help="Do it.")]


def one_or_all(*, bot: str | None = None, every: bool = False, **_: object) -> None:
    """The validator of a command that takes OneBot, or `every` bot."""
    if (bot is not None) == every:
        raise ValueError("Give --bot @NAME or --all, one of the two.")


class Servers(NamedTuple):
    settings: Settings
    pool: Pool
    redis: Redis

    async def now_ms(self) -> int:
        """Raises UnreachableError."""
        return await server_now_ms(self.redis)

    async def change(self) -> Change:
        """Raises UnreachableError."""
        return Change(operator(), await self.now_ms())

    async def halting_change(self) -> Change:
        """For stops and pauses, which must not wait for a Redis that is down: PostgreSQL's clock serves meanwhile.

        Raises UnreachableError if PostgreSQL does not answer either.
        """
        try:
            return await self.change()
        except UnreachableError as error:
            sys.stderr.write(f"{error} It is done all the same, by PostgreSQL's clock.\n")
            return Change(operator(), await postgres_now_ms(self.pool))


@asynccontextmanager
async def open_servers(settings: Settings | None = None) -> AsyncIterator[Servers]:
    """Raises SettingsError, UnreachableError, MigrationError."""
    settings = settings or load_settings()
    async with open_redis(settings.redis_url) as redis, await open_pool(settings.database_url) as pool:
        yield Servers(settings, pool, redis)


def noun(name: str, arguments: str) -> App:
    """A command of its own, or the room of a noun's verbs, with an example; `engine.__main__` has its help."""
    return App(name, help_epilogue=example(arguments))


def example(arguments: str) -> str:
    """The last line of a command's help."""
    return f"Example: {PROGRAM} {arguments}"


def say(text: str) -> None:
    if text:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


def say_json(answer: Any) -> None:
    say(msgspec.json.encode(answer).decode())


def say_rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table on a terminal; elsewhere a line for each row, its cells two spaces apart."""
    if not sys.stdout.isatty():
        say("\n".join("  ".join(filter(None, row)) for row in rows))
        return
    table = Table(*headings, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*row)
    Console(markup=False, highlight=False).print(table)


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show on a terminal, beside the answer, what takes long."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(text):
        yield


@contextmanager
def progress(text: str) -> Iterator[Callable[[int], None]]:
    """The same for what goes on page by page; the text has a place for how far it has come."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with Console(stderr=True).status(text.format(0)) as status:
        yield lambda count: status.update(text.format(count))


def shown_now_ms() -> int:
    """The clock of the machine, for dates that are only shown: nothing is stored or decided by it."""
    return time.time_ns() // 1_000_000


def local(at_ms: int, zone: str) -> str:
    return step_schedule.local(at_ms, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def counted(count: int, name: str) -> str:
    return f"{count} {name}{'s' * (count != 1)}"
