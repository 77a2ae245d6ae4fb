"""The account under which PostgreSQL runs, and the places that it can reach.

PostgreSQL refuses to run as root. For root we start it as `nobody`, which changes nothing on the system. Its files must
be where `nobody` can go: never below a home of mode 0700. The mode of a directory that we did not make is never
changed.

Where `nobody` cannot even pass `/` (a new root file system made in a private directory) it keeps one capability of
root: to pass closed directories. That is not the usual way, because it lets PostgreSQL read every file.
"""

import hashlib
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from engine.core.errors import RecoveryError

_SHARED_HOMES = (Path("/var/lib"), Path("/tmp"))  # noqa: S108 - our directory in it is made with mkdir and checked
_NAME = "recovery-engine"


class PopenIdentity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """`uid` is None if the servers run under our own account."""

    uid: int | None
    gid: int | None
    passes_closed_doors: bool = False

    def prefix(self, death_signal: signal.Signals) -> list[str]:
        """Words before a command: setpriv keeps the capability.

        The change of user clears our death signal, so setpriv sets its own. `access()`, which initdb asks about its
        siblings, drops capabilities unless the fixup is off.
        """
        if not self.passes_closed_doors:
            return []
        return [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--inh-caps=+dac_read_search",
            "--ambient-caps=+dac_read_search",
            "--securebits=+no_setuid_fixup",
            f"--pdeathsig={death_signal.name.removeprefix('SIG')}",
        ]

    def popen_arguments(self) -> PopenIdentity:
        if self.uid is None or self.gid is None or self.passes_closed_doors:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        return self._succeeds(["ls", "-d", f"{directory}/."])

    def can_run(self, program: Path) -> bool:
        return self._succeeds([str(program), "--version"])

    def _succeeds(self, argv: Sequence[str]) -> bool:
        """Ask the kernel: modes alone do not show it."""
        try:
            answer = subprocess.run(  # noqa: S603 - ours, no shell
                [*self.prefix(signal.SIGKILL), *argv],
                check=False,
                cwd="/",
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **self.popen_arguments(),
            )
        except PermissionError:
            return False
        return answer.returncode == 0


OURSELVES = Account(None, None)


def server_account() -> Account:
    if os.geteuid() != 0:
        return OURSELVES
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise RecoveryError(
            "PostgreSQL refuses to run as root, and no user `nobody` exists: set DATABASE_URL or change user."
        ) from None
    plain = Account(nobody.pw_uid, nobody.pw_gid)
    return plain if plain.can_enter(Path("/")) else replace(plain, passes_closed_doors=True)


def make_dir(path: Path, account: Account) -> Path:
    """Make the directory if it is missing; the account can pass through a new one, whatever our umask."""
    if not path.is_dir():
        path.mkdir(parents=True)
        path.chmod(0o700 if account.uid is None else 0o711)
    return path


def shared_home(account: Account) -> Path:
    """Where root keeps files that `nobody` must reach."""
    for parent in _SHARED_HOMES:
        home = parent / _NAME
        if os.access(parent, os.W_OK) and account.can_enter(parent):
            make_dir(home, account)
            if home.is_symlink() or home.stat().st_uid != os.geteuid():
                raise RecoveryError(f"{home} belongs to another user: remove it, or set DATABASE_URL.")
            return home
    raise RecoveryError("Neither /var/lib nor /tmp can be used by PostgreSQL's user: set DATABASE_URL.")


def scratch_home(account: Account) -> Path:
    """Where to make a directory that lives as long as a test run."""
    usual = Path(tempfile.gettempdir())
    return usual if account.can_enter(usual) else shared_home(account)


def reachable_dir(wanted: Path, account: Account) -> Path:
    """`wanted` itself, or its stand-in below the shared home, always the same one for the same path."""
    make_dir(wanted, account)
    if account.can_enter(wanted):
        return wanted
    stand_in = f"{wanted.name}-{hashlib.sha256(str(wanted).encode()).hexdigest()[:12]}"
    return make_dir(shared_home(account) / stand_in, account)
