"""The log: structlog, for people on a console or for machines as JSON. No message text, no token.

A moment is a number of milliseconds in JSON, and a local time on a console. Every line that a service prints is the
log's, the last one too: what a process is refused for. What may stand in a line is decided in `masking`, and how often
equal lines are printed in `repeated_lines`.
"""

import json
import logging
import sys
from collections.abc import MutableMapping
from datetime import datetime
from typing import Any, Final, TextIO

import structlog

from engine.core.errors import RecoveryError
from engine.runtime.log_output import LogOutput
from engine.runtime.masking import STACK, know, mask, masked
from engine.runtime.repeated_lines import RepeatedLines
from engine.runtime.stack_trace import stack_trace
from engine.settings import LogFormat, Settings

_MOMENTS: Final = ("due",)
_encode: Final = json.JSONEncoder(sort_keys=True).encode
"""Made once: `json.dumps` makes an encoder for each line."""

repeated: Final = RepeatedLines()
"""One for the process, so that its counts outlive a change of the settings."""


def configure(settings: Settings) -> None:
    know(settings)
    structlog.configure(
        processors=_processors(settings.log_format),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=LogOutput(),
        cache_logger_on_first_use=False,
    )


def configure_safely(log_format: LogFormat = "console", output: TextIO | None = None) -> None:
    """For what is logged before the settings are known: structlog's own default shows the variables of a traceback."""
    structlog.reset_defaults()
    structlog.configure(processors=_processors(log_format), logger_factory=LogOutput(output))


def refuse(error: RecoveryError, log_format: LogFormat) -> None:
    """The last line of a process, on standard error: a sentence for people, an object for machines."""
    output = LogOutput(sys.stderr)
    if log_format == "json":
        structlog.wrap_logger(output, processors=_processors("json")).critical(str(error))
    else:
        output.msg(masked(str(error)))


def _processors(log_format: LogFormat) -> list[Any]:
    console = (show_moments, show_unprintable, structlog.dev.ConsoleRenderer(colors=_is_terminal()))
    return [
        repeated,
        structlog.contextvars.merge_contextvars,
        structlog.processors.ExceptionRenderer(stack_trace),
        mask,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *((as_json,) if log_format == "json" else console),
    ]


def _is_terminal() -> bool:
    """A process may have no standard output at all."""
    return sys.stdout is not None and sys.stdout.isatty()


def logger() -> Any:
    return structlog.get_logger()


def as_json(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
    """What `mask` has left is text, numbers, lists and dictionaries."""
    return _encode(event)


def show_moments(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Milliseconds as a local time that people read, such as 2026-11-30T09:30:00-03:00."""
    for name in _MOMENTS:
        if isinstance(event.get(name), int):
            event[name] = datetime.fromtimestamp(event[name] / 1000).astimezone().isoformat(timespec="seconds")
    return event


def show_unprintable(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Line ends and the like as escapes, so that nobody's text begins a line of its own or commands a terminal.

    JSON does this by itself. A stack is our own text, and has lines.
    """
    for name, value in event.items():
        if isinstance(value, str) and name != STACK and not value.isprintable():
            event[name] = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in value)
    return event


configure_safely()
