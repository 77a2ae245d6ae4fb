"""The stack of a run: servers that keep what they are given, the sandbox, and the engine's own processes.

The servers are durable because the bench judges losses. Processes log to files, so that the run's own output stays
readable. The number of shards is written to Redis before the first poller starts, as an operator would do it: SHARDS is
left unset.
"""

import asyncio
import base64
import os
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from bench.harness import conditions
from bench.harness.server_life import ServerLife
from bench.sandbox import ports
from bench.sandbox.protocol import BotInfo
from engine import campaign_file
from engine.administration import campaigns, registration
from engine.campaign_file import NamedFiles
from engine.core.campaign.snapshot import Snapshot
from engine.core.change import Change
from engine.core.errors import RecoveryError
from engine.local import process as processes
from engine.local.servers.cluster import running_cluster
from engine.local.servers.servers import temporary_servers
from engine.local.wait import until_ready
from engine.media.library import Library
from engine.settings import Secret, Settings, load_settings
from storage.postgres.migrations import upgrade
from storage.postgres.pool import open_pool

_ROOT: Final = Path(__file__).parents[2]
_CAMPAIGN_FILE: Final = "bench"
_SET_BY_US: Final = ("SHARDS", "WEBHOOK_URL", "PUBLIC_URL", "HOST", "PORT", "METRICS_PORT")
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.05
_NO_DOTENV: Final = Path(os.devnull)


class Ready(msgspec.Struct, frozen=True):
    """The line that the sandbox prints once it is ready."""

    api_url: str
    control_url: str
    bots: tuple[BotInfo, ...]


class Stack:
    """Processes by name. They end with the block of `running_stack`, the last one first.

    Their logs are in `directory`, and a question may put the files of its campaign there.
    """

    def __init__(
        self, env: Mapping[str, str], directory: Path, running: ExitStack, servers: ServerLife | None = None
    ) -> None:
        self.env = dict(env)
        self.overrides: dict[str, str] = {}
        """What processes are given in place of `env`, for example other ways to the servers."""
        self.directory = directory
        self._servers = servers
        self._running = running
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._may_exit: set[str] = set()
        self._pollers: Counter[int] = Counter()
        self._receivers = 0

    @property
    def settings(self) -> Settings:
        return load_settings(self.env, _NO_DOTENV)

    @property
    def servers(self) -> ServerLife:
        """Raises LookupError if they are not the run's own."""
        if self._servers is None:
            raise LookupError("somebody else runs these servers")
        return self._servers

    @property
    def pids(self) -> dict[str, int]:
        """Of the processes that run now, without the servers."""
        return {name: process.pid for name, process in self._processes.items()}

    def start(self, name: str, *arguments: str) -> Path:
        """Run `python -m` with these arguments. Gives the path of its log."""
        log = self._log(name)
        log.unlink(missing_ok=True)
        process = processes.start(
            [sys.executable, "-m", *arguments],
            log=log,
            cwd=_ROOT,
            env=self.env | self.overrides,
            death_signal=signal.SIGKILL,
        )
        self._processes[name] = process
        self._running.callback(_end, process)
        return log

    async def run_command(self, name: str, *arguments: str) -> None:
        """Run a command until it ends. Raises RecoveryError if it fails."""
        self.start(name, *arguments)
        if await self._ended(self._processes.pop(name)):
            raise RecoveryError(f"The command {name} failed:\n{self.last_lines(name)}")

    def start_sandbox(self, count: int, seed: int, *options: str) -> Ready:
        log = self.start("sandbox", "bench.sandbox", "--bots", str(count), "--seed", str(seed), *options)
        until_ready("The sandbox", self._processes["sandbox"], lambda: _first_line(log) is not None, log)
        ready = msgspec.json.decode(_first_line(log) or "", type=Ready)
        self.env["TELEGRAM_API_URL"] = ready.api_url
        return ready

    def listen_for_webhooks(self) -> None:
        """From now on receivers are reached by webhook, all of them at one port."""
        with ports.listen(0) as free:
            host, port = free.getsockname()
        self.env |= {"WEBHOOK_URL": f"http://{host}:{port}", "HOST": host, "PORT": str(port)}

    def start_receiver(self) -> str:
        name = f"receiver-{self._receivers}"
        self._receivers += 1
        self.start(name, "engine.receiver")
        return name

    async def set_shards(self, shards: int) -> None:
        """Set the number of shards. Raises RecoveryError."""
        await self.run_command(f"reshard-{shards}", "engine.poller", "--reshard", str(shards))

    def start_poller(self, shard: int, *, ahead: bool = False) -> str:
        """The first poller of a shard serves it, any other stands by. Ahead of a shard still to come, all stand by."""
        name = self._next_poller(shard)
        self.start(name, "engine.poller", "--shard", str(shard), *(["--ahead"] if ahead else []))
        return name

    def start_watched_poller(self, shard: int, *, null_sender: bool = False) -> str:
        """A poller that writes what it saw to `observations_of` when it stops."""
        name = self._next_poller(shard)
        arguments = [str(self.observations_of(name)), *(["--null-sender"] if null_sender else [])]
        self.start(name, "bench.harness.watched_poller", *arguments, "--shard", str(shard))
        return name

    def observations_of(self, poller: str) -> Path:
        return self.directory / f"{poller}.observations"

    def name_of(self, pid: int) -> str:
        """Raises RecoveryError if no process of this run has this id."""
        for name, process in self._processes.items():
            if process.pid == pid:
                return name
        raise RecoveryError(f"Process {pid} does not belong to this run: does something else use its Redis?")

    def kill(self, name: str) -> None:
        """`kill -9`. From then on it is not expected to run."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    async def stop(self, name: str) -> None:
        """SIGTERM. Raises RecoveryError if it does not exit cleanly."""
        process = self._processes.pop(name)
        process.terminate()
        if await self._ended(process):
            raise RecoveryError(f"The {name} did not exit cleanly:\n{self.last_lines(name)}")

    def freeze(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        self._processes[name].send_signal(signal.SIGCONT)

    def allow_exit(self, shard: int) -> None:
        """The pollers of this shard may exit cleanly, because the shard no longer exists."""
        self._may_exit |= {name for name in self._processes if name.startswith(f"poller-{shard}-")}

    def take_ended(self) -> list[str]:
        """The processes that have ended by themselves. From then on they are not expected to run."""
        names = [name for name, process in self._processes.items() if process.poll() is not None]
        for name in names:
            del self._processes[name]
        return names

    def check_alive(self) -> None:
        """Raises RecoveryError if a process has ended unexpectedly."""
        for name, process in self._processes.items():
            status = process.poll()
            if status is not None and not (status == 0 and name in self._may_exit):
                raise RecoveryError(f"The {name} ended with status {status}:\n{self.last_lines(name)}")

    def has_logged(self, name: str, *any_of: str) -> bool:
        log = self._log(name).read_text("utf-8", "replace")
        return any(message in log for message in any_of)

    def last_lines(self, name: str) -> str:
        return processes.last_lines(self._log(name))

    def _next_poller(self, shard: int) -> str:
        name = f"poller-{shard}-{self._pollers[shard]}"
        self._pollers[shard] += 1
        return name

    def _log(self, name: str) -> Path:
        return self.directory / f"{name}.log"

    @staticmethod
    async def _ended(process: subprocess.Popen[bytes]) -> int:
        """The exit status, once it has ended; -1 if it takes too long."""
        give_up = time.monotonic() + _PATIENCE_S
        while (status := process.poll()) is None:
            if time.monotonic() > give_up:
                return -1
            await asyncio.sleep(_LOOK_S)
        return status


@contextmanager
def running_stack(directory: Path, *, cluster: bool = False) -> Iterator[Stack]:
    """Servers and tables are ready when the block begins, and gone when it ends. `cluster`: Redis has several nodes."""
    with temporary_servers(redis=not cluster, durable=True) as servers, ExitStack() as again, ExitStack() as running:
        upgrade(servers.database_url)
        own = {
            "REDIS_URL": running.enter_context(running_cluster(directory / "cluster")).url
            if cluster
            else servers.redis_url,
            "DATABASE_URL": servers.database_url,
            "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "MIN_THRESHOLD_SECONDS": "1",
            "MEDIA_DIR": str(directory.absolute() / "media"),
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "info",
        }
        stack = Stack({**_inherited(), **own}, directory, running, ServerLife(servers.state_dir, again))
        conditions.keep(directory, asyncio.run(conditions.of_servers(stack.settings)))
        yield stack


async def give_campaign(settings: Settings, infos: tuple[BotInfo, ...], campaign: str | Path) -> None:
    """Registers the bots and activates the campaign for each. A campaign with media is a file beside its media."""
    for info in infos:
        await registration.add(settings, Secret(info.token))
    await activate_campaign(settings, infos, campaign)


async def activate_campaign(settings: Settings, infos: Sequence[BotInfo], campaign: str | Path) -> None:
    """For bots that are registered."""
    change = Change(actor="bench", at=time.time_ns() // 1_000_000)
    files, least = NamedFiles(), settings.min_threshold_ms
    draft = _draft(campaign, least, files)
    pool = await open_pool(settings.database_url)
    try:
        await files.add(Library(pool, settings.media_dir), change.at)
        for info in infos:
            await campaigns.import_draft(pool, info.username, draft, least, change)
            await campaigns.publish(pool, info.username, least, change)
            await campaigns.activate(pool, info.username, change)
    finally:
        await pool.close()


def _draft(campaign: str | Path, least: int, files: NamedFiles) -> Snapshot:
    """Raises CampaignError."""
    if isinstance(campaign, Path):
        return campaign_file.load(campaign, least, files.hash_of)
    return campaign_file.read(campaign.encode(), _CAMPAIGN_FILE, least)


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _SET_BY_US}


def _end(process: subprocess.Popen[bytes]) -> None:
    """A frozen process is thawed first: it handles no other signal until then."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
    processes.stop(process, signal.SIGTERM)


def _first_line(log: Path) -> str | None:
    line, end, _ = log.read_text("utf-8").partition("\n")
    return line if end else None
