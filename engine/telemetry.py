"""The log: structlog, for people on a console or for machines as JSON. No message text, no token.

Whatever a key or a value may give away is masked here once, however careless the caller.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from engine.settings import Settings

_MASK: Final = "…"
_SECRET_KEYS: Final = frozenset({"token", "text", "secret", "key", "password", "authorization"})
_TOKEN: Final = re.compile(r"\d{5,}:[\w-]{30,}")


def configure(settings: Settings) -> None:
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )


def logger() -> Any:
    return structlog.get_logger()


def mask(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Take out what nobody must read in a log."""
    for name, value in event.items():
        if name in _SECRET_KEYS:
            event[name] = _MASK
        elif isinstance(value, str):
            event[name] = _TOKEN.sub(_MASK, value)
    return event
