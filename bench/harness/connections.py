"""Which connections a process has, by the ports of its own ends: servers tell the same ports of their clients."""

import psutil


def ports_of(pid: int) -> set[int]:
    """Of the connections that stand now."""
    return {connection.laddr.port for connection in psutil.Process(pid).net_connections("tcp") if connection.raddr}
