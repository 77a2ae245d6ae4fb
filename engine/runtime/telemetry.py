"""The log: structlog, for people on a console or for machines as JSON. No message text, no token.

A moment is a number of milliseconds in JSON, and a local time on a console.

Secrets are masked here, once, however careless the caller. Of an error only its class and its stack are printed, as its
message may quote a body; our own refusals speak, but for the values in them, which admins may have written.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from datetime import datetime
from typing import Any, Final

import structlog

from engine.core.errors import RecoveryError, SpokenError
from engine.runtime.stack_trace import class_name, stack_trace
from engine.settings import Settings

_MASK: Final = "…"
_SECRET_WORDS: Final = frozenset({"token", "tokens", "text", "secret", "key", "keys", "password", "authorization"})
_MOMENTS: Final = ("due",)
_TOKEN: Final = re.compile(r"\d{5,}(?::|%3A)[\w-]{30,}", re.IGNORECASE)


def configure(settings: Settings) -> None:
    structlog.configure(
        processors=_processors(settings.log_format),
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def configure_safely() -> None:
    """For what is logged before the settings are known: structlog's own default shows the variables of a traceback."""
    structlog.reset_defaults()
    structlog.configure(processors=_processors("console"))


def _processors(log_format: str) -> list[Any]:
    json = (structlog.processors.JSONRenderer(sort_keys=True),)
    console = (show_moments, structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty()))
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(stack_trace),
        mask,
        *(json if log_format == "json" else console),
    ]


def logger() -> Any:
    return structlog.get_logger()


def show_moments(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Milliseconds as a local time that people read, such as 2026-11-30T09:30:00-03:00."""
    for name in _MOMENTS:
        if isinstance(event.get(name), int):
            event[name] = datetime.fromtimestamp(event[name] / 1000).astimezone().isoformat(timespec="seconds")
    return event


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what must not appear in a log."""
    for name, value in event.items():
        event[name] = _MASK if _SECRET_WORDS.intersection(name.lower().split("_")) else _masked(value)
    return event


def _masked(value: Any) -> Any:
    """Numbers pass; any other value is searched in the form in which it would be printed."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return mask(None, "", {str(name): inner for name, inner in value.items()})
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(inner) for inner in value]
    return _TOKEN.sub(_MASK, _said(value) if isinstance(value, BaseException) else str(value))


def _said(error: BaseException) -> str:
    if isinstance(error, SpokenError):
        return error.phrase.template
    return str(error) if isinstance(error, RecoveryError) else class_name(error)


configure_safely()
