"""The environment that `./dev run` gives its children: what you have set, and values it generates for the rest.

All of it is also written to the file `env` in the state directory, readable by its owner only, so that other commands
can be used beside a run: `set -a; . .state/env; set +a`.
"""

import base64
import os
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from engine.local.children import say
from engine.local.secret_file import write_secret
from engine.settings import read_dotenv

_KEY_BYTES = 32
_SERVERS = ("REDIS_URL", "DATABASE_URL")
_KEPT = (
    *(*_SERVERS, "ENCRYPTION_KEY", "TELEGRAM_API_URL", "MIN_THRESHOLD_SECONDS", "MEDIA_DIR"),
    *("MANAGER_BOT_TOKEN", "ADMIN_IDS"),
)


def given() -> dict[str, str]:
    """The environment and `.env`; an empty value counts as none."""
    found = {**read_dotenv(Path(".env")), **os.environ}
    return {name: value for name, value in found.items() if value}


def state_dir(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("STATE_DIR", ".state")).absolute()


def encryption_key(directory: Path) -> str:
    """Make a key once and keep it: only with it can the tokens in the database be read."""
    path = directory / "encryption_key"
    if not path.exists():
        write_secret(path, base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
    return path.read_text("ascii").strip()


def complete(environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """Add what a process needs and you have not set."""
    made_up = {} if "ENCRYPTION_KEY" in environment else {"ENCRYPTION_KEY": encryption_key(directory)}
    return {"MEDIA_DIR": str(directory / "media"), **environment, **made_up, "PYTHONUNBUFFERED": "1"}


def announce(directory: Path, environment: Mapping[str, str]) -> None:
    """Print where everything is, without secrets, and write all of it to the file."""
    path = write_env(directory, environment)
    say("run", f"Redis            {_without_password(environment['REDIS_URL'])}")
    say("run", f"PostgreSQL       {_without_password(environment['DATABASE_URL'])}")
    say("run", f"Other commands   set -a; . {path}; set +a; python -m engine campaigns show --bot @name")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def write_env(directory: Path, environment: Mapping[str, str]) -> Path:
    lines = [f"{name}={shlex.quote(environment[name])}" for name in _KEPT if name in environment]
    path = directory / "env"
    write_secret(path, "\n".join(lines))
    return path
