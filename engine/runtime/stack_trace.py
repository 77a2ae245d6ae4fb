"""Where an error comes from, without its message: libraries quote there what they were given, such as a body or a row.

The class of the error and the lines of code name the fault to whoever has the code. A stack has a longest form, however
deep a recursion went and however many errors a group holds: its beginning and its end stay, and what led to an error
gives way before the error itself.
"""

import traceback
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import PurePath
from types import TracebackType
from typing import Final, TypeAlias

ExceptionInfo: TypeAlias = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

LONGEST_STACK: Final = 8_000
"""Characters."""
_FRAMES: Final = 12
"""At the beginning of a stack, and again at its end."""
_ERRORS: Final = 5
"""Of a group, and of those that led to an error."""


def stack_trace(exc_info: ExceptionInfo) -> str:
    """The error after everything that led to it."""
    _, error, _ = exc_info
    text = _described(error, set()) if error else ""
    half = LONGEST_STACK // 2
    return text if len(text) <= LONGEST_STACK else f"{text[: half - 5]}\n…\n{text[5 - half :]}"


def class_name(error: BaseException) -> str:
    """Of a library's error with its module, such as `asyncpg.exceptions.DataError`."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def place(path: str, line: int) -> str:
    """With its folder, as many libraries have a file of the same name."""
    return f"{'/'.join(PurePath(path).parts[-2:])}:{line}"


def origin(error: BaseException) -> str:
    """The innermost place in which an error arose."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return place(trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else ""


def _described(error: BaseException, seen: set[int]) -> str:
    return "\nwhich led to\n".join("\n".join(_lines(one, seen)) for one in _chain(error, seen))


def _chain(error: BaseException | None, seen: set[int]) -> list[BaseException]:
    """The error and what led to it, the first cause first. Errors may lead to each other in a circle."""
    chain: list[BaseException] = []
    while error and id(error) not in seen and len(chain) < _ERRORS:
        seen.add(id(error))
        chain.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    yield from _frames(error.__traceback__)
    yield class_name(error)
    if isinstance(error, BaseExceptionGroup):
        yield from (_described(inner, seen) for inner in islice(error.exceptions, _ERRORS))
        yield from _rest(error.exceptions, _ERRORS, "errors")


def _frames(trace: TracebackType | None) -> Iterator[str]:
    walked = list(traceback.walk_tb(trace))
    kept = walked if len(walked) <= 2 * _FRAMES else [*walked[:_FRAMES], *walked[-_FRAMES:]]
    summary = traceback.StackSummary.extract(iter(kept))
    lines = [line.rstrip("\n") for line in traceback.format_list(summary)]
    if len(kept) == len(walked):
        yield from lines
    else:
        yield from (*lines[:_FRAMES], *_rest(walked, 2 * _FRAMES, "calls"), *lines[_FRAMES:])


def _rest(items: Sequence[object], shown: int, noun: str) -> Iterator[str]:
    if len(items) > shown:
        yield f"  … and {len(items) - shown:,} more {noun}"
