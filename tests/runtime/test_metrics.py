"""The port of the metrics, and their labels."""

import socket
from urllib.request import urlopen

import pytest

from bench.sandbox import ports
from engine.core.delivery.outcome import RetryLater, Sent
from engine.core.errors import SettingsError
from engine.runtime import metrics


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
