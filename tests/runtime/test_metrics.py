"""The port of the metrics, and their labels."""

import contextlib
import socket
import threading
from urllib.request import urlopen

import pytest

from bench.sandbox import ports
from engine.core.delivery.outcome import RetryLater, Sent
from engine.core.errors import SettingsError
from engine.runtime import metrics, metrics_port


def scraped(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return str(answer.read(), "utf-8")


@pytest.fixture
def port() -> int:
    with ports.listen(0) as free:
        found: int = free.getsockname()[1]
    return found


def test_prometheus_gets_bots_by_name_and_never_by_number(port: int) -> None:
    metrics.serve(port)
    metrics.answered("m_bot", Sent((1,)))
    metrics.answered("m_bot", RetryLater(1_000, bot_wide=True))
    metrics.answered("m_bot", RetryLater(1_000, bot_wide=False))
    metrics.delivered("skipped", "late")
    said = scraped(port)
    for outcome in ("Sent", "TooMany", "RetryLater"):
        assert f'recovery_answers_total{{bot="m_bot",outcome="{outcome}"}} 1.0' in said
    assert 'recovery_deliveries_total{reason="late",status="skipped"} 1.0' in said


def test_a_port_that_is_taken_is_refused_with_the_mend(port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with pytest.raises(SettingsError, match=f"METRICS_PORT {port} .* a port of its own"):
            metrics.serve(port)


def test_connections_that_ask_nothing_cost_few_threads_and_end(
    port: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(metrics_port._Handler, "timeout", 0.5)
    metrics.serve(port)
    before = threading.active_count()
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * metrics_port.MOST)]
    for one in silent:
        one.send(b"GET /metrics")
    assert threading.active_count() <= before + metrics_port.MOST
    for one in silent:
        one.settimeout(30)
        with contextlib.suppress(ConnectionError):
            assert one.recv(1) == b"", "it is closed"
        one.close()
    assert "recovery_touches" in scraped(port)
    assert capfd.readouterr() == ("", "")
