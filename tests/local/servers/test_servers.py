"""The embedded servers: what they keep, what they refuse, and that they never outlive their parent."""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis

from engine.core.errors import RecoveryError
from engine.local.servers.account import reachable_dir, server_account
from engine.local.servers.servers import LocalServers, temporary_servers
from tests.local.processes import living_in, parent_of_servers, wait_until_empty


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """Make a place that PostgreSQL's user can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="recovery-test-") as place:
        Path(place).chmod(0o711)
        yield Path(place) / "state"


def _note(database_url: str) -> int:
    """Add a row and count the rows."""
    return asyncio.run(_add_and_count(database_url))


async def _add_and_count(database_url: str) -> int:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS notes (moment text)")
        await connection.execute("INSERT INTO notes VALUES ('now')")
        return int(await connection.fetchval("SELECT count(*) FROM notes"))
    finally:
        await connection.close()


def _count(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return int(client.incr("count"))


def test_data_and_addresses_are_kept_between_runs(state_dir: Path) -> None:
    with LocalServers(state_dir) as servers:
        first = (servers.redis_url, servers.database_url)
        assert (_count(servers.redis_url), _note(servers.database_url)) == (1, 1)
    with LocalServers(state_dir) as servers:
        assert (servers.redis_url, servers.database_url) == first
        assert (_count(servers.redis_url), _note(servers.database_url)) == (2, 2)


def test_a_killed_parent_leaves_no_process_and_the_next_start_finds_the_data(state_dir: Path) -> None:
    with parent_of_servers(state_dir) as (parent, redis_url, database_url):
        _count(redis_url)
        _note(database_url)
        assert living_in(state_dir)
        parent.kill()
        parent.wait()
        with LocalServers(state_dir) as servers:
            assert _note(servers.database_url) == 2
            assert _count(servers.redis_url) >= 1
    wait_until_empty(state_dir)


def test_a_killed_parent_leaves_no_process_even_if_nothing_follows(state_dir: Path) -> None:
    with parent_of_servers(state_dir) as (parent, _, _):
        assert living_in(state_dir)
        parent.kill()
    wait_until_empty(state_dir)


def test_a_stop_leaves_no_process(state_dir: Path) -> None:
    with LocalServers(state_dir, durable=False):
        assert living_in(state_dir)
    assert living_in(state_dir) == []


def test_a_second_start_is_refused_with_the_mend(state_dir: Path) -> None:
    with (
        LocalServers(state_dir, postgres=False),
        pytest.raises(RecoveryError, match=r"Another run \(pid \d+\) uses .*: end it first, or set STATE_DIR"),
        LocalServers(state_dir, postgres=False),
    ):
        pass


def test_a_refused_start_does_not_disturb_the_running_one(state_dir: Path) -> None:
    with LocalServers(state_dir, postgres=False) as running:
        with pytest.raises(RecoveryError):
            LocalServers(state_dir, postgres=False).__enter__()
        assert _count(running.redis_url) == 1


def test_it_starts_despite_a_strict_umask_and_a_closed_home(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    state_dir = tmp_path / "state"
    with parent_of_servers(state_dir, umask=0o077) as (parent, redis_url, database_url):
        assert (_count(redis_url), _note(database_url)) == (1, 1)
        parent.communicate()
    assert parent.returncode == 0
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(reachable_dir(state_dir / "postgres", server_account()))


def test_a_first_start_that_was_cut_short_starts_over(state_dir: Path) -> None:
    half = state_dir / "postgres" / "data.unfinished"
    with LocalServers(state_dir, redis=False, durable=False):
        pass
    (state_dir / "postgres" / "data").rename(half)
    (half / "PG_VERSION").unlink()
    with LocalServers(state_dir, redis=False, durable=False) as servers:
        assert _note(servers.database_url) == 1


def test_a_server_that_cannot_start_says_why_and_takes_the_other_down(state_dir: Path) -> None:
    with LocalServers(state_dir, durable=False):
        pass
    (state_dir / "postgres" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(RecoveryError, match=r"(?s)PostgreSQL ended with status 1 at start; .*incompatible"):
        LocalServers(state_dir, durable=False).__enter__()
    assert living_in(state_dir) == []


def test_a_lost_password_is_named_with_its_mend(state_dir: Path) -> None:
    with LocalServers(state_dir, redis=False, durable=False):
        pass
    (state_dir / "postgres" / "password").unlink()
    with pytest.raises(RecoveryError, match=r"password is gone, .*: remove "):
        LocalServers(state_dir, redis=False, durable=False).__enter__()


async def test_a_wrong_password_is_refused(servers: LocalServers) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(servers.database_url, password="wrong")  # noqa: S106 - wrong on purpose


def test_secrets_are_readable_by_their_owner_only(state_dir: Path) -> None:
    with LocalServers(state_dir, redis=False, durable=False):
        assert (state_dir / "postgres" / "password").stat().st_mode & 0o777 == 0o600


def test_only_the_requested_servers_start(state_dir: Path) -> None:
    with LocalServers(state_dir, postgres=False) as servers:
        assert servers.redis_url
        assert servers.database_url == ""
        assert not (state_dir / "postgres").exists()


async def test_the_settings_are_those_that_the_engine_relies_on(state_dir: Path) -> None:
    with LocalServers(state_dir) as servers:
        with redis.Redis.from_url(servers.redis_url, decode_responses=True) as client:
            wanted = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
            assert wanted.items() <= client.config_get("*").items()
        connection = await asyncpg.connect(servers.database_url)
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW server_encoding") == "UTF8"
        assert (await connection.fetchval("SHOW server_version")).startswith("18.")
        await connection.close()


def test_temporary_servers_leave_nothing_behind() -> None:
    with temporary_servers(postgres=False) as servers:
        assert _count(servers.redis_url) == 1
        place = servers.state_dir
        assert place.exists()
    assert not place.parent.exists()
    assert living_in(place) == []


def test_a_start_from_another_thread_is_refused(state_dir: Path) -> None:
    refusals: list[RecoveryError] = []

    def start() -> None:
        try:
            LocalServers(state_dir).__enter__()
        except RecoveryError as refusal:
            refusals.append(refusal)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(refusals[0])
