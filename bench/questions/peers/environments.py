"""An environment for each peer: a virtual environment of Python, or a folder of npm.

They are made when they are first needed, by the ordinary clients with whatever index those are set to, and kept as long
as the pinned versions stay the same. Their commands name the folder in which they were installed, so that those of a
project that was moved or copied are made again.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bench.questions.peers.catalogue import OURS
from engine.core.errors import RecoveryError

_PINS: Final = Path(__file__).parent / "pins"
_HOME: Final = Path(__file__).parents[3] / ".state" / "bench" / "peers"
_COMPLETE: Final = "complete"


class Environment:
    """`programs`: where the commands of its packages are."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.programs = directory / "bin"
        self.node_modules = directory / "node_modules"

    def command(self, word: str) -> str:
        """Raises RecoveryError if there is no such program, here or on the machine."""
        own = self.programs / word
        found = str(own) if own.exists() else shutil.which(word)
        if not found:
            raise RecoveryError(f"{word} is not installed on this machine.")
        return found


def version(name: str) -> str:
    """Of the peer itself, as it is pinned."""
    found = re.search(rf'\b{name}(?:==|": ")([\d.]+)', _pins(name).read_text("utf-8"), re.IGNORECASE)
    return f"{name} {found[1]}" if found else name


def ready(name: str, say: Callable[[str], None]) -> Environment:
    """Make it unless it is there. Raises RecoveryError with the reason."""
    if name == OURS:
        return Environment(Path(sys.prefix))
    pins = _pins(name)
    environment = Environment(_HOME / f"{name}-{_fingerprint(pins)}")
    complete = environment.directory / _COMPLETE
    if not complete.exists():
        say(f"Installing {name} for the first time")
        shutil.rmtree(environment.directory, ignore_errors=True)
        (_python if pins.suffix == ".txt" else _node)(environment, pins)
        complete.touch()
    return environment


def _fingerprint(pins: Path) -> str:
    return hashlib.sha256(str(_HOME).encode() + pins.read_bytes()).hexdigest()[:12]


def _pins(name: str) -> Path:
    python = _PINS / f"{name}.txt"
    return python if python.exists() else _PINS / f"{name}.json"


def _python(environment: Environment, pins: Path) -> None:
    _run(sys.executable, "-m", "venv", str(environment.directory))
    pip = (environment.command("python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")
    _run(*pip, "install", "--requirement", str(pins))


def _node(environment: Environment, pins: Path) -> None:
    node, npm = environment.command("node"), environment.command("npm")
    environment.directory.mkdir(parents=True)
    shutil.copy(pins, environment.directory / "package.json")
    quietly = ("--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error")
    _run(npm, "install", *quietly, "--prefix", str(environment.directory))
    _run(node, "--version")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"status {done.returncode}"]
        raise RecoveryError(f"It could not be installed: {said[-1]}")
