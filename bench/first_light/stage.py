"""The house of a run: servers that keep what they are told, the sandbox, and the engine's own processes.

Loss is judged, so the servers are durable. What the processes say goes into files: the run's own output stays readable.
"""

import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench.first_light.script import CAMPAIGN
from bench.sandbox.wire import BotInfo
from engine import administration, bots, campaign_file
from engine.core.campaign import Change
from engine.core.errors import RecoveryError
from engine.local.process import last_lines, start, stop
from engine.local.servers import temporary_servers
from engine.local.wait import until_ready
from engine.settings import Secret, Settings, load_settings
from storage.migrations import upgrade
from storage.postgres import open_pool

_ROOT: Final = Path(__file__).parents[2]
_CAMPAIGN_FILE: Final = "first-light"
_NO_DOTENV: Final = Path(os.devnull)


class Ready(msgspec.Struct, frozen=True):
    """The line by which the sandbox says that it is there."""

    api_url: str
    control_url: str
    bots: tuple[BotInfo, ...]


class House:
    """Processes by name. They end with the block of `house`, the last one first."""

    def __init__(self, env: Mapping[str, str], logs: Path, running: ExitStack) -> None:
        self.env = dict(env)
        self._logs = logs
        self._running = running
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def settings(self) -> Settings:
        return load_settings(self.env, _NO_DOTENV)

    def begin(self, name: str, *arguments: str) -> Path:
        """Run `python -m` with these arguments; gives the file of what it says."""
        log = self._logs / f"{name}.log"
        log.unlink(missing_ok=True)
        process = start(
            [sys.executable, "-m", *arguments], log=log, cwd=_ROOT, env=self.env, death_signal=signal.SIGKILL
        )
        self._processes[name] = process
        self._running.callback(stop, process, signal.SIGTERM)
        return log

    def begin_sandbox(self, count: int, seed: int) -> Ready:
        log = self.begin("sandbox", "bench.sandbox", "--bots", str(count), "--seed", str(seed))
        until_ready("The sandbox", self._processes["sandbox"], lambda: _first_line(log) is not None, log)
        ready = msgspec.json.decode(_first_line(log) or "", type=Ready)
        self.env["TELEGRAM_API_URL"] = ready.api_url
        return ready

    def begin_receiver(self) -> None:
        self.begin("receiver", "engine.receiver")

    def begin_poller(self, name: str = "poller") -> None:
        self.begin(name, "engine.poller", "--shard", "0")

    def kill(self, name: str) -> None:
        """`kill -9`, and no longer missed."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def check_alive(self) -> None:
        """Raises RecoveryError if a process has ended by itself."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise RecoveryError(f"The {name} ended with status {process.returncode}:\n{self.last_words(name)}")

    def last_words(self, name: str) -> str:
        return last_lines(self._logs / f"{name}.log")


@contextmanager
def house(logs: Path) -> Iterator[House]:
    """Servers and tables are there when the block begins; nothing is left of it when it ends."""
    with temporary_servers(durable=True) as servers, ExitStack() as running:
        upgrade(servers.database_url)
        ours = {
            "REDIS_URL": servers.redis_url,
            "DATABASE_URL": servers.database_url,
            "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "MIN_THRESHOLD_SECONDS": "1",
            "SHARDS": "1",
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "info",
        }
        yield House({**os.environ, **ours}, logs, running)


async def give_campaigns(settings: Settings, infos: tuple[BotInfo, ...]) -> None:
    """Register the bots, and set the campaign live for each."""
    draft = campaign_file.read(CAMPAIGN.encode(), _CAMPAIGN_FILE, settings.min_threshold_ms)
    change = Change(actor="bench", at=time.time_ns() // 1_000_000)
    for info in infos:
        await bots.add(settings, Secret(info.token))
    pool = await open_pool(settings.database_url)
    try:
        for info in infos:
            await administration.import_draft(pool, info.username, draft, settings.min_threshold_ms, change)
            await administration.publish(pool, info.username, settings.min_threshold_ms, change)
            await administration.activate(pool, info.username, change)
    finally:
        await pool.close()


def _first_line(log: Path) -> str | None:
    line, end, _ = log.read_text("utf-8").partition("\n")
    return line if end else None
