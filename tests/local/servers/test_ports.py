"""Ports: remembered, free, and out of the kernel's own range."""

import socket
from pathlib import Path

from engine.local.servers.ports import free_port, is_free, settled_port

_EPHEMERAL_FROM = 32_768


def test_a_port_is_remembered_while_it_is_free(tmp_path: Path) -> None:
    memory = tmp_path / "port"
    assert settled_port(memory) == settled_port(memory)


def test_a_taken_port_is_replaced(tmp_path: Path) -> None:
    memory = tmp_path / "port"
    first = settled_port(memory)
    with socket.create_server(("127.0.0.1", first)):
        assert not is_free(first)
        second = settled_port(memory)
    assert second != first
    assert settled_port(memory) == second


def test_a_spoilt_memory_is_replaced(tmp_path: Path) -> None:
    memory = tmp_path / "port"
    memory.write_text("80; rm\n")
    assert settled_port(memory) == int(memory.read_text())


def test_ports_lie_below_those_of_outgoing_connections() -> None:
    assert free_port() < _EPHEMERAL_FROM
