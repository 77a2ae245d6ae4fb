"""What a journey may spend: several messages are paid for one by one, and from a held bot nothing leaves."""

import pytest

from engine.core.delivery.rate_limit import Bucket, Throttle
from engine.poller.send_permit import SendPermit


class Till:
    """A bucket of ten a second, a clock moved by hand, and the requested pauses."""

    def __init__(self) -> None:
        self.bucket = Bucket(10, 0.0)
        self.throttle = Throttle(10, 0.0)
        self.now_s = 0.0
        self.pauses: list[float] = []
        self.passed = 0

    def permit(self) -> SendPermit:
        return SendPermit(self.bucket, self.throttle, lambda: self.now_s, self._note_passed, self._pause)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _note_passed(self) -> None:
        self.passed += 1


async def test_one_message_costs_nothing_more() -> None:
    till = Till()
    permit = till.permit()
    await permit.pay(0)
    assert (permit.tokens, till.pauses) == (1, [])


async def test_several_messages_wait_in_their_order() -> None:
    till = Till()
    first, second = till.permit(), till.permit()
    await first.pay(9)
    await second.pay(1)
    assert (first.tokens, second.tokens) == (10, 2)
    assert till.pauses == [pytest.approx(0.9), pytest.approx(1.0)]


async def test_a_hold_withdraws_every_permit_of_the_bot_until_it_is_over() -> None:
    till = Till()
    held, other = till.permit(), till.permit()
    held.hold(2_000)
    assert other.is_withdrawn
    till.now_s = 2.0
    assert not other.is_withdrawn


async def test_a_pass_is_noted() -> None:
    till = Till()
    till.permit().passed()
    assert till.passed == 1


async def test_the_lane_learns_of_late_answers() -> None:
    till = Till()
    permits = [till.permit() for _ in range(16)]
    for permit in permits:
        permit.passed()
    till.now_s = 3.0
    for permit in permits:
        permit.answered()
    assert till.throttle.rate(till.now_s) < till.throttle.full
