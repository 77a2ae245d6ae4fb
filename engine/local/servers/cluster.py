"""Three Valkeys that are a cluster, each with a replica: for tests and load tests. Nothing of them is kept."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from engine.core.errors import RecoveryError
from engine.local.servers.account import OURSELVES, make_dir
from engine.local.servers.ports import free_port
from engine.local.servers.valkey import ask, password_of, port_of, running_valkey, share_password

PRIMARIES: Final = 3
_SLOTS: Final = 16_384
_NODE_TIMEOUT_MS: Final = 1_000
_PATIENCE_S: Final = 60.0


class LocalCluster(NamedTuple):
    """`urls` are those of the nodes themselves: first the primaries, then the replica of each."""

    url: str
    urls: tuple[str, ...]


@contextmanager
def running_cluster(directory: Path) -> Iterator[LocalCluster]:
    """Yield the addresses when every slot is served and every replica could take over."""
    make_dir(directory, OURSELVES)
    with ExitStack() as running:
        first = running.enter_context(_running_node(directory / "0"))
        password = password_of(first)
        urls = [first]
        for number in range(1, 2 * PRIMARIES):
            share_password(password, directory / str(number))
            urls.append(running.enter_context(_running_node(directory / str(number))))
        _join([port_of(url) for url in urls], password)
        hosts = ",".join(f"127.0.0.1:{port_of(url)}" for url in urls[:PRIMARIES])
        yield LocalCluster(f"redis+cluster://:{password}@{hosts}/", tuple(urls))


@contextmanager
def _running_node(directory: Path) -> Iterator[str]:
    more = {
        "cluster-enabled": "yes",
        "cluster-port": str(free_port()),
        "cluster-node-timeout": str(_NODE_TIMEOUT_MS),
        "cluster-require-full-coverage": "no",
        "repl-diskless-sync-delay": "0",
        "shutdown-timeout": "0",
    }
    with running_valkey(directory, durable=False, more=more) as url:
        ask(port_of(url), f"CONFIG SET masterauth {password_of(url)}", password_of(url))
        yield url


def _join(ports: Sequence[int], password: str) -> None:
    def tell(port: int, command: str) -> None:
        if (answer := ask(port, command, password)) != "+OK":
            raise RecoveryError(f"A node of the local cluster answered {answer!r} to {command.split(' ')[1]}.")

    primaries, replicas = ports[:PRIMARIES], ports[PRIMARIES:]
    for number, port in enumerate(ports):
        tell(port, f"CLUSTER SET-CONFIG-EPOCH {number + 1}")
    for number, port in enumerate(primaries):
        begin, end = (_SLOTS * edge // PRIMARIES for edge in (number, number + 1))
        tell(port, f"CLUSTER ADDSLOTSRANGE {begin} {end - 1}")
    for port in ports[1:]:
        tell(ports[0], f"CLUSTER MEET 127.0.0.1 {port} {_bus_port(port, password)}")
    _wait(lambda: all(_knows(port, password, len(ports)) for port in ports))
    for port, of in zip(replicas, primaries, strict=True):
        tell(port, f"CLUSTER REPLICATE {ask(of, 'CLUSTER MYID', password)}")
    _wait(lambda: all(_is_whole(ask(port, "CLUSTER INFO", password)) for port in ports))
    _wait(lambda: all("master_link_status:up" in ask(port, "INFO replication", password) for port in replicas))
    _wait(lambda: all(ask(port, "CLUSTER NODES", password).count("slave") == PRIMARIES for port in ports))


def _bus_port(port: int, password: str) -> int:
    """Where the nodes talk to one another: `CLUSTER NODES` says of itself host:port@bus."""
    own = next(line for line in ask(port, "CLUSTER NODES", password).splitlines() if "myself" in line)
    return int(own.split(" ")[1].partition("@")[2].partition(",")[0])


def _knows(port: int, password: str, count: int) -> bool:
    """So many nodes, itself included, and with all of them it has shaken hands."""
    nodes = ask(port, "CLUSTER NODES", password)
    return len(nodes.splitlines()) == count and "handshake" not in nodes


def _is_whole(info: str) -> bool:
    return "cluster_state:ok" in info and f"cluster_slots_ok:{_SLOTS}" in info


def _wait(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > give_up:
            raise RecoveryError(f"The local cluster did not come about within {_PATIENCE_S:.0f} s.")
        time.sleep(0.01)
