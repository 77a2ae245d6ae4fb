"""The command line from its real door: what it says, where, and its exit status."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
KEY: Final = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Cli:
    def __init__(self, redis_url: str, database_url: str, directory: Path) -> None:
        self.directory = directory
        given = {"REDIS_URL": redis_url, "DATABASE_URL": database_url, "ENCRYPTION_KEY": KEY}
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), **given}

    def run(self, *words: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-m", "engine", *words],
            cwd=self.directory,
            env={**self._environ, **environ},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def says(self, *words: str, stdin: str = "", **environ: str) -> str:
        done = self.run(*words, stdin=stdin, **environ)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def refuses(self, *words: str, **environ: str) -> str:
        done = self.run(*words, **environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        return done.stderr
