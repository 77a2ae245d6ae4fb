"""The arithmetic of docs/scaling.md, against figures that a person can check."""

import pytest

from bench.document.scaling import Costs, costs, need, scaling
from bench.harness.chapter import Figures

_ANSWERS: dict[str, Figures] = {
    "memory": {"bytes_per_chat": 128},
    "ingest": {"cpu_us": {"webhook": {"receiver": 100, "valkey": 5.0}}},
    "lateness": {"plain": {"1000": {"cpu_ms_per_message": {"pollers": 0.5, "valkey": 0.1, "postgres": 0.4}}}},
    "send": {"pace_1000": {"cpu_ms_per_message": {"postgres": 0.1}}},
}
_COSTS = Costs(
    bytes=128, update_us=100, redis_us=5, pollers_ms=0.5, valkey_ms=0.1, postgres_ms=0.4, herd_postgres_ms=0.1
)


def test_the_costs_come_from_the_answers_of_the_questions() -> None:
    assert costs(_ANSWERS) == _COSTS


@pytest.mark.parametrize("missing", _ANSWERS)
def test_without_an_answer_there_is_no_arithmetic(missing: str) -> None:
    fewer = {name: found for name, found in _ANSWERS.items() if name != missing}
    assert costs(fewer) is None
    assert "no answer yet" in scaling(fewer)


def test_the_busiest_hour_of_72_million_chats() -> None:
    """3.6 million people write, a thousand of them each second: 10,000 updates and 3,000 messages a second."""
    found = need(72_000_000, _COSTS)
    assert (found.updates_per_s, found.messages_per_s) == (10_000, 3_000)
    assert (found.receivers, found.pollers, found.postgres) == pytest.approx((1.0, 1.5, 1.2))
    assert found.redis == pytest.approx(0.05 + 0.3)
    assert found.redis_gib == pytest.approx(8.58, abs=0.01)
    assert (found.processes(found.receivers), found.processes(found.pollers), found.nodes) == (2, 3, 2)


def test_a_node_holds_half_of_its_memory_and_half_of_a_core() -> None:
    assert need(72_000_000, _COSTS._replace(bytes=1, valkey_ms=1)).nodes == 7


def test_the_page_shows_what_was_computed() -> None:
    page = scaling(_ANSWERS)
    assert "| updates a second | 139 | 1,389 | 13,889 |" in page
    assert "| CPU of Redis for an update | 5.0 µs | `ingest`, by webhook |" in page
