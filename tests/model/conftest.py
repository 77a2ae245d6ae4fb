"""The servers of the model test, with fakeredis and with a real Valkey, and a quiet log."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from engine.poller import shard, unrecorded_outcomes
from engine.receiver import feed_ownership
from engine.runtime.telemetry import configure_safely
from tests.model import bounds
from tests.model.ground import Ground, open_ground

__all__ = ["bounds"]  # so that pytest knows `--hypothesis-profile=long` from the start


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server did not take is told again at once."""
    monkeypatch.setattr(unrecorded_outcomes, "BACKOFF_S", (0.0,))


@pytest.fixture(autouse=True)
def _no_time_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lifetimes are of the server's own clock, which runs on. In a world they end when the test says so."""
    for module in (shard, feed_ownership):
        monkeypatch.setattr(module, "TTL_MS", 3_600_000)


@pytest.fixture(autouse=True)
def _quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    configure_safely()


@pytest.fixture(params=["fakeredis", "valkey"])
def ground(request: pytest.FixtureRequest, database_url: str) -> Iterator[Ground]:
    url = request.getfixturevalue("redis_url") if request.param == "valkey" else None
    with open_ground(url, database_url) as ground:
        yield ground
