"""Settings: read once from the environment (and `.env`), validated, frozen. The only reader of the environment.

Every error names the variable and the fix. Secrets are wrapped, so that printing a struct never shows them.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from engine.core.errors import SettingsError
from engine.core.server_address import split_address

_LAST: Final = "[AEIMQUYcgkosw048]="
"""The last character carries four bits of a key; with the two spare ones at zero, a key has one spelling."""
_KEY: Final = re.compile(rf"[\w-]{{42}}{_LAST}|[A-Za-z0-9+/]{{42}}{_LAST}", re.ASCII)
"""32 bytes in base64, in one of its two alphabets."""
_URLSAFE: Final = str.maketrans("+/", "-_")
MAX_SHARDS: Final = 1024
_REDIS_SCHEMES: Final = (
    *("redis", "rediss", "unix"),
    *("redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"),
)
_REDIS_EXAMPLE: Final = (
    "redis://127.0.0.1:6379/0, or for several servers redis+sentinel://one:26379,two:26379/NAME or"
    " redis+cluster://one:6379,two:6379/"
)
_PUBLIC_EXAMPLE: Final = "https://bots.example.org"
DEFAULT_PORT: Final = 8080
_MAX_PORT: Final = 65_535
_HOUR_SECONDS: Final = 3600
_TOKEN: Final = re.compile(r"\d+:[\w-]+", re.ASCII)
_MOST_DIGITS: Final = 16
_NAME: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_VALUE: Final = re.compile(r"""((?!#)(?:[^"'#]|(?<!\s)#)*)|"([^"]*)"|'([^']*)'""")
"""Without quotes in it and without a blank before #, or within one pair of quotes."""
LogFormat: TypeAlias = Literal["console", "json"]
_JSON_LOG: Final = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?LOG_FORMAT[ \t]*=[ \t]*(["']?)json\1[ \t\r]*$""", re.IGNORECASE | re.MULTILINE
)
_LEVELS: Final = ("debug", "info", "warning", "error")


class Secret:
    """A text that no print, log or error shows; call `reveal` only where the text is used."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(…)"

    def reveal(self) -> str:
        return self._text


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a process takes from its environment. The first of `encryption_keys` is the current one."""

    redis: Secret
    database: Secret
    encryption_keys: tuple[Secret, ...]
    telegram_api_url: str
    shards: int | None
    """None: the number that Redis has."""
    webhook_url: str | None
    """None: bots are polled."""
    public_url: str | None
    """Where browsers find the receivers, for tracked links; None: links are not tracked."""
    host: str
    port: int | None
    """The port on which the receiver listens; None: it does not listen."""
    metrics_port: int | None
    """The loopback port for Prometheus; None: metrics are not served."""
    log_format: LogFormat
    log_level: str
    min_threshold_ms: int
    media_dir: Path | None
    """The folder of the media files, shared by all processes that add or send them; None: no media."""
    manager_token: Secret | None
    """None: there is no manager."""
    admin_ids: frozenset[int]
    """The people who own every bot."""

    @property
    def manager_id(self) -> int | None:
        """The manager's own id, which is the first part of its token."""
        return int(self.manager_token.reveal().partition(":")[0]) if self.manager_token else None

    @property
    def redis_url(self) -> str:
        return self.redis.reveal()

    @property
    def database_url(self) -> str:
        return self.database.reveal()


def load_database_url(environ: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> str:
    """All that a migration needs. Raises SettingsError."""
    return _database_url({**read_dotenv(dotenv), **environ})


def load_servers(environ: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> tuple[Secret, Secret]:
    """Redis and PostgreSQL, for those who only look. Raises SettingsError."""
    read = {**read_dotenv(dotenv), **environ}
    return _redis_url(read), Secret(_database_url(read))


def load_settings(environ: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> Settings:
    """Raises SettingsError. The environment wins over `.env`."""
    read = {**read_dotenv(dotenv), **environ}
    webhook_url = _public(read, "WEBHOOK_URL")
    public_url = _public(read, "PUBLIC_URL") or webhook_url
    return Settings(
        redis=_redis_url(read),
        database=Secret(_database_url(read)),
        encryption_keys=_keys(read),
        telegram_api_url=_url(
            {"TELEGRAM_API_URL": "https://api.telegram.org", **read},
            "TELEGRAM_API_URL",
            ("http", "https"),
            "https://api.telegram.org",
        ).rstrip("/"),
        shards=_number(read, "SHARDS", 1, 1, MAX_SHARDS) if read.get("SHARDS") else None,
        webhook_url=webhook_url,
        public_url=public_url,
        host=read.get("HOST") or "127.0.0.1",
        port=_number(read, "PORT", DEFAULT_PORT, 1, _MAX_PORT) if public_url or read.get("PORT") else None,
        metrics_port=_number(read, "METRICS_PORT", DEFAULT_PORT, 1, _MAX_PORT) if read.get("METRICS_PORT") else None,
        log_format="json" if _choice(read, "LOG_FORMAT", ("console", "json")) == "json" else "console",
        log_level=_choice(read, "LOG_LEVEL", _LEVELS, "info"),
        min_threshold_ms=_number(read, "MIN_THRESHOLD_SECONDS", 60, 1, _HOUR_SECONDS) * 1000,
        media_dir=_directory(read, "MEDIA_DIR"),
        manager_token=_token(read, "MANAGER_BOT_TOKEN"),
        admin_ids=_people(read, "ADMIN_IDS"),
    )


def early_log_format(environ: Mapping[str, str] = os.environ, dotenv: Path = Path(".env")) -> LogFormat:
    """The format of what is printed before the settings are known, or because they cannot be. Never refuses."""
    if "LOG_FORMAT" in environ:
        return "json" if environ["LOG_FORMAT"].lower() == "json" else "console"
    return "json" if dotenv.is_file() and _JSON_LOG.search(_bytes(dotenv).decode(errors="replace")) else "console"


def _bytes(path: Path) -> bytes:
    """Empty if the file cannot be read: reading the settings says why."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def read_dotenv(path: Path) -> dict[str, str]:
    """The variables of a file with one NAME=value a line, none if there is no file. Raises SettingsError."""
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({type(error).__name__}): save it as UTF-8.") from error
    pairs: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            name, value = _variable(f"{path}, line {number}", line)
            if name in pairs:
                raise SettingsError(f"{path}, line {number}: {name} appears twice: delete one.")
            pairs[name] = value
    return pairs


def _variable(place: str, line: str) -> tuple[str, str]:
    """A name and its value, whose quotes fall away. A comment behind a value would be a guess, so it is refused."""
    name, equals, written = map(str.strip, line.removeprefix("export ").partition("="))
    if not (equals and _NAME.fullmatch(name)):
        raise SettingsError(f"{place}: write NAME=value.")
    if not (value := _VALUE.fullmatch(written)):
        raise SettingsError(
            f"{place}: the value of {name} is unclear: put it in one pair of quotes, and a comment on its own line."
        )
    return name, next(filter(None, value.groups()), "")


def _url(read: Mapping[str, str], name: str, schemes: tuple[str, ...], example: str) -> str:
    value = read.get(name, "")
    if not value:
        raise SettingsError(f"{name} is not set: set it to a value such as {example}.")
    try:
        parts = split_address(value)
        fits = parts.scheme in schemes and ("," in parts.netloc or (parts.port or 1) > 0)
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"{name} is not a {schemes[0]} address: write it like {example}.")
    return value


def _redis_url(read: Mapping[str, str]) -> Secret:
    return Secret(_url(read, "REDIS_URL", _REDIS_SCHEMES, _REDIS_EXAMPLE))


def _database_url(read: Mapping[str, str]) -> str:
    return _url(read, "DATABASE_URL", ("postgresql", "postgres"), "postgresql://user:password@127.0.0.1:5432/recovery")


def _public(read: Mapping[str, str], name: str) -> str | None:
    """A public address. Telegram itself speaks only HTTPS; a Bot API server of your own may use HTTP."""
    if not read.get(name):
        return None
    schemes = ("https",) if "TELEGRAM_API_URL" not in read else ("https", "http")
    address = _url(read, name, schemes, _PUBLIC_EXAMPLE)
    parts = urlsplit(address)
    if not parts.hostname or parts.query or parts.fragment or not address.isprintable() or " " in address:
        raise SettingsError(f"{name} is not a plain address: write only host and path, like {_PUBLIC_EXAMPLE}.")
    return address.rstrip("/?#")


def _directory(read: Mapping[str, str], name: str) -> Path | None:
    """Absolute, so that every process uses the same folder, wherever it was started."""
    value = read.get(name)
    if value and not Path(value).is_absolute():
        raise SettingsError(f"{name} is not an absolute path: write it like /var/lib/recovery/media.")
    return Path(value) if value else None


def _keys(read: Mapping[str, str]) -> tuple[Secret, ...]:
    """In the URL-safe alphabet. A place left empty is refused: it is where a variable was not set."""
    listed = [key.strip() for key in read.get("ENCRYPTION_KEY", "").split(",")]
    if listed == [""]:
        raise SettingsError(f"ENCRYPTION_KEY is not set: {_KEY_HINT}")
    keys: list[str] = []
    for place, written in enumerate(listed, 1):
        if not _KEY.fullmatch(written):
            raise SettingsError(f"ENCRYPTION_KEY has something else than a key at place {place}: {_KEY_HINT}")
        key = written.translate(_URLSAFE)
        if key in keys:
            first = keys.index(key) + 1
            raise SettingsError(f"ENCRYPTION_KEY has the same key at the places {first} and {place}: delete one.")
        keys.append(key)
    return tuple(map(Secret, keys))


_KEY_HINT: Final = (
    "make one with `python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'`;"
    " several are comma-separated, the first is current."
)


def _token(read: Mapping[str, str], name: str) -> Secret | None:
    value = read.get(name)
    if value and not _TOKEN.fullmatch(value):
        raise SettingsError(f"{name} is not a bot token: copy it from @BotFather; it looks like 123456:ABC-DEF.")
    return Secret(value) if value else None


def _people(read: Mapping[str, str], name: str) -> frozenset[int]:
    listed = [one.strip() for one in read.get(name, "").split(",") if one.strip()]
    for one in listed:
        if not (one.isascii() and one.isdigit() and len(one) <= _MOST_DIGITS):
            raise SettingsError(f"{name} contains a text that is not a user id: list numbers, separated by commas.")
    return frozenset(map(int, listed))


def _number(read: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = read.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and low <= int(text) <= high):
        raise SettingsError(f"{name} is {text!r}: give a whole number from {low} to {high}.")
    return int(text)


def _choice(read: Mapping[str, str], name: str, known: tuple[str, ...], default: str | None = None) -> str:
    text = (read.get(name) or default or known[0]).lower()
    if text not in known:
        raise SettingsError(f"{name} is {text!r}: choose one of {', '.join(known)}.")
    return text
