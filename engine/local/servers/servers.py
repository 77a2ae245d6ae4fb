"""Valkey and PostgreSQL for as long as a block lasts.

    with LocalServers(Path(".state")) as servers:
        servers.redis_url, servers.database_url

Their data are kept between blocks. `durable=False`, for tests and load tests, is faster and may lose data if the
machine fails. One block at a time per directory.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.local.process import require_main_thread
from engine.local.servers.account import make_dir, scratch_home, server_account
from engine.local.servers.lock import run_lock
from engine.local.servers.postgres import running_postgres
from engine.local.servers.valkey import running_valkey


class LocalServers:
    """The URL of a server that was not requested is empty."""

    def __init__(self, state_dir: Path, *, redis: bool = True, postgres: bool = True, durable: bool = True) -> None:
        self.redis_url = ""
        self.database_url = ""
        self.state_dir = state_dir.absolute()
        self._redis = redis
        self._postgres = postgres
        self._durable = durable
        self._running = ExitStack()

    def __enter__(self) -> Self:
        require_main_thread()
        with ExitStack() as starting:
            self._start(starting)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.close()

    def _start(self, stack: ExitStack) -> None:
        state_dir = make_dir(self.state_dir, server_account())
        stack.enter_context(run_lock(state_dir))
        if self._redis:
            self.redis_url = stack.enter_context(running_valkey(state_dir / "valkey", durable=self._durable))
        if self._postgres:
            self.database_url = stack.enter_context(running_postgres(state_dir / "postgres", durable=self._durable))


@contextmanager
def temporary_servers(*, redis: bool = True, postgres: bool = True, durable: bool = False) -> Iterator[LocalServers]:
    """Run servers in a directory that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="recovery-", dir=scratch_home(server_account())) as scratch:
        Path(scratch).chmod(0o711)
        with LocalServers(Path(scratch) / "state", redis=redis, postgres=postgres, durable=durable) as servers:
            yield servers
