"""Whatever happens in whatever order: the promises of the protocol hold, and nothing is lost."""

from hypothesis.stateful import run_state_machine_as_test

from tests.model.ground import Ground
from tests.model.machine import Machine
from tests.model.search import search
from tests.model.world import Rules


def test_no_order_of_events_breaks_a_promise(ground: Ground) -> None:
    run_state_machine_as_test(lambda: Machine(ground, Rules()), settings=search(60))
