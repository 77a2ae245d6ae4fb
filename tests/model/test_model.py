"""In any order of events, the promises of the protocol hold and nothing is lost."""

from tests.model.bounds import proof
from tests.model.ground import Ground
from tests.model.machine import Storm, search
from tests.model.world import Rules


def test_no_order_of_events_breaks_a_promise(ground: Ground) -> None:
    search(ground, Rules(), proof(250), Storm)
