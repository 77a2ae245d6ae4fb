"""Where an error comes from, without its message: libraries quote there what they were given, such as a body or a row.

The class of the error and the lines of code name the fault to whoever has the code.
"""

import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

ExceptionInfo: TypeAlias = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]


def stack_trace(exc_info: ExceptionInfo) -> str:
    """The error after everything that led to it."""
    _, error, _ = exc_info
    return _described(error, set()) if error else ""


def class_name(error: BaseException) -> str:
    """Of a library's error with its module, such as `asyncpg.exceptions.DataError`."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _described(error: BaseException, seen: set[int]) -> str:
    return "\nwhich led to\n".join("\n".join(_lines(one, seen)) for one in _chain(error, seen))


def _chain(error: BaseException | None, seen: set[int]) -> list[BaseException]:
    """The error and what led to it, the first cause first. Errors may lead to each other in a circle."""
    chain: list[BaseException] = []
    while error and id(error) not in seen:
        seen.add(id(error))
        chain.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield class_name(error)
    if isinstance(error, BaseExceptionGroup):
        yield from (_described(inner, seen) for inner in error.exceptions)
