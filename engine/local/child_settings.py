"""Which settings each child of a run gets: those that it uses, and no secret of another.

Of your environment a child sees only what any program needs to run. So the sandbox, which strangers' code may talk to,
holds no ENCRYPTION_KEY, and only the manager has its token.
"""

from collections.abc import Mapping
from typing import Final

_SERVERS: Final = ("REDIS_URL", "DATABASE_URL")
_ENGINE: Final = (
    *(*_SERVERS, "ENCRYPTION_KEY", "TELEGRAM_API_URL", "WEBHOOK_URL", "PUBLIC_URL"),
    *("METRICS_PORT", "LOG_FORMAT", "LOG_LEVEL"),
)
OF_CHILD: Final[Mapping[str, tuple[str, ...]]] = {
    "receiver": (*_ENGINE, "HOST", "PORT"),
    "poller": (*_ENGINE, "SHARDS", "MEDIA_DIR", "ADMIN_IDS"),
    "manager": (*_ENGINE, "MEDIA_DIR", "ADMIN_IDS", "MANAGER_BOT_TOKEN", "MIN_THRESHOLD_SECONDS"),
    "sandbox": _SERVERS,
    "person": (),
}
_OF_ANY: Final = frozenset(
    {
        *("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "NO_COLOR", "STATE_DIR"),
        *("VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_OF_PYTHON: Final = ("PYTHON", "LC_", "COV_", "COVERAGE_")
_OF_LIBPQ: Final = "PG"


def of_child(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The part of the run's environment that is this child's."""
    prefixes = (*_OF_PYTHON, *([_OF_LIBPQ] if "DATABASE_URL" in OF_CHILD[name] else []))
    wanted = {*OF_CHILD[name], *_OF_ANY}
    return {key: value for key, value in environment.items() if key in wanted or key.startswith(prefixes)}
