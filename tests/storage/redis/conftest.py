"""Redis beside the one that all tests share: a server to make a replica, to fill up or to keep busy, and a cluster."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from engine.local.secret_file import write_secret
from engine.local.servers.cluster import LocalCluster, running_cluster
from engine.local.servers.servers import LocalServers
from engine.local.servers.valkey import running_valkey


@pytest.fixture(scope="session")
def spare_server(servers: LocalServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """It has the password of the shared one, as those do that take over from one another."""
    directory = tmp_path_factory.mktemp("spare")
    write_secret(directory / "password", str(urlsplit(servers.redis_url).password))
    with running_valkey(directory, durable=False, more={"enable-debug-command": "local"}) as url:
        yield url


@pytest.fixture
def spare_url(spare_server: str) -> str:
    with redis.Redis.from_url(spare_server) as client:
        client.flushall()
        client.script_flush()
    return spare_server


@pytest.fixture(scope="module")
def local_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    """A file's own: its tests move slots and kill nodes."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def data_of(url: str) -> Path:
    """Where the server keeps its files."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        return Path(client.config_get("dir")["dir"])
